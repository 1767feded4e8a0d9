import { readFileSync } from "node:fs";
import { reasonOf } from "../settings/file-reason.ts";
import { SettingsError } from "../settings/read.ts";
import type { Logger } from "./log.ts";

/** Kubernetes replaces a token when four fifths of its time have passed: of an hour, twelve minutes are left. */
const READ_AGAIN_MS = 30_000;

/**
 * The value of the header `authorization` with the bearer token in a file, which is read again every 30 s. While the file
 * cannot be read, the former token stays, and the log says so. @throws {SettingsError} when the file cannot be read
 * at the start
 */
export function openBrokerToken(file: string, log: Logger, readAgainMs = READ_AGAIN_MS): () => string {
  const read = () => `Bearer ${readFileSync(file, "utf8").trim()}`;
  let value: string;
  try {
    value = read();
  } catch (cause) {
    const message = `PULSE_SINK_TOKEN_FILE: Expected a file that can be read, got ${file}: ${reasonOf(cause)}`;
    throw new SettingsError(message, { cause });
  }
  let readAt = performance.now();
  return () => {
    if (performance.now() - readAt < readAgainMs) return value;
    readAt = performance.now();
    try {
      value = read();
    } catch (error) {
      log.error({ err: error }, "the broker's token was not read again: the former one is sent");
    }
    return value;
  };
}
