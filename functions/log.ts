import { type Logger, pino } from "pino";
import { logDestination } from "../http/log-destination.ts";

export type { Logger } from "pino";

/** A logger of JSON lines to stdout. */
export function createLogger(level: string, functionName: string): Logger {
  return pino({ level, base: { function: functionName, pid: process.pid } }, logDestination());
}
