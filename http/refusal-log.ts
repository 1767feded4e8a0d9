// One line for each refused request, and never more of them than a person or a log store can take.
//
// 1. Nothing that a client sent as data is written: not the body, and of its faults the rules and not the values.
// 2. A flood of refusals costs a counter each: the lines of a second are bounded, the rest is summed up in one line.
import type { IncomingMessage } from "node:http";
import type { Logger } from "pino";
import type { Fault } from "../events/fault.ts";
import { TRACEPARENT_PATTERN } from "../events/pulse.ts";
import type { HttpReply } from "./route.ts";

export interface RefusalLogOptions {
  log: Logger;
  /** @default 10 */
  maxLinesPerSecond?: number;
}

const WINDOW_MS = 1000;
const MAX_RULES = 3;
const MAX_TEXT = 128;
/** Codes whose fault is ours; a client's own are for `info`. */
const OURS = (status: number) => status >= 500 || status === 429;

/** Writes why requests were refused. */
export class RefusalLog {
  readonly #log: Logger;
  readonly #maxLines: number;
  #windowStart = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #unwritten: Record<number, number> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor({ log, maxLinesPerSecond = 10 }: RefusalLogOptions) {
    this.#log = log;
    this.#maxLines = maxLinesPerSecond;
  }

  /** Notes an answer; one that refuses nothing is passed over. */
  note(request: IncomingMessage | undefined, reply: HttpReply): void {
    const { status } = reply;
    if (status < 400) return;
    const now = performance.now();
    if (now - this.#windowStart >= WINDOW_MS) {
      this.#windowStart = now;
      this.#lines = 0;
    }
    if (++this.#lines > this.#maxLines) {
      this.#unwritten ??= {};
      this.#unwritten[status] = (this.#unwritten[status] ?? 0) + 1;
      this.#timer ??= setTimeout(() => this.flush(), WINDOW_MS).unref();
      return;
    }
    this.#log[OURS(status) ? "warn" : "info"](lineOf(request, reply), "request refused");
  }

  /** Writes what was only counted so far. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#unwritten === undefined) return;
    this.#log.warn({ unwritten: this.#unwritten }, "more requests were refused than have a line of their own");
    this.#unwritten = undefined;
  }
}

function lineOf(request: IncomingMessage | undefined, { status, body, trail }: HttpReply): object {
  const { title, detail, errors = [] } = problemOf(body);
  const rules = new Set(errors.map(({ rule, got }) => `${rule}, got ${got}`));
  return {
    status,
    reason: title,
    // A client's fault is told by its rules: a detail of it may name what was sent.
    ...(OURS(status) && { detail }),
    ...(rules.size > 0 && { faults: errors.length, rules: [...rules].slice(0, MAX_RULES) }),
    ...(request !== undefined && placeOf(request)),
    ...trail,
  };
}

function placeOf({ method, url = "", headers }: IncomingMessage): object {
  const traceparent = [headers["ce-traceparent"], headers.traceparent].find(
    (value): value is string => typeof value === "string" && TRACEPARENT_PATTERN.test(value),
  );
  const eventId = headers["ce-id"];
  return {
    method,
    path: (url.split("?", 1)[0] ?? "").slice(0, MAX_TEXT),
    ...(typeof eventId === "string" && { eventId: eventId.slice(0, MAX_TEXT) }),
    ...(traceparent !== undefined && { traceparent }),
  };
}

// Every refusal is a problem document of ours (see http.ts); it is read only for a line that is written.
function problemOf(body: HttpReply["body"]): { title?: string; detail?: string; errors?: Fault[] } {
  return typeof body === "string" ? JSON.parse(body) : {};
}
