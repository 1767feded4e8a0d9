import { destination, type Logger, pino } from "pino";

export type { Logger } from "pino";

/** A logger of JSON lines to stdout. It writes each line at once, so that a killed process loses none. */
export function createLogger(level: string, functionName: string): Logger {
  return pino({ level, base: { function: functionName, pid: process.pid } }, destination({ fd: 1, sync: true }));
}
