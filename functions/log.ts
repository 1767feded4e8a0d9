import { destination, type Logger, pino } from "pino";

export type { Logger } from "pino";

/** A logger that writes one JSON object a line to stdout at once, so that a killed process has said all it had to say. */
export function createLogger(level: string, functionName: string): Logger {
  return pino({ level, base: { function: functionName, pid: process.pid } }, destination({ fd: 1, sync: true }));
}
