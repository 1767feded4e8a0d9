// A line for each refused request, at most ten a second.
//
// 1. No line holds what a client sent as data: not the body, and of its faults the rules without the values.
//    Of the path it has what the routes have (request-path.ts): a token may stand anywhere else.
// 2. In a flood a refusal costs one counter: a line each second sums up the refusals that have none.
import type { IncomingMessage } from "node:http";
import type { Logger } from "pino";
import { traceparentOf } from "../events/pulse.ts";
import type { HttpReply, Route } from "./route.ts";

export interface RefusalLogOptions {
  log: Logger;
  /** What a line says of a request's path. */
  shownPath: (request: IncomingMessage, route?: Route) => string;
  /** @default 10 */
  maxLinesPerSecond?: number;
}

const WINDOW_MS = 1000;
const MAX_RULES = 10;
const MAX_TEXT = 128;
/** Whether an operator should know: PulseMesh failed or is overloaded (429), or its broker refused (422). */
const isWarning = (status: number) => status >= 500 || status === 429 || status === 422;

/** Writes why requests were refused. */
export class RefusalLog {
  readonly #log: Logger;
  readonly #shownPath: RefusalLogOptions["shownPath"];
  readonly #maxLines: number;
  #windowStart = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #unwritten: Record<number, number> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor({ log, shownPath, maxLinesPerSecond = 10 }: RefusalLogOptions) {
    this.#log = log;
    this.#shownPath = shownPath;
    this.#maxLines = maxLinesPerSecond;
  }

  /** Notes an answer if it refuses the request or a part of it. `request` is undefined where nothing could be read. */
  note(request: IncomingMessage | undefined, reply: HttpReply, route?: Route): void {
    const { status } = reply;
    if (status < 400 && reply.faults === undefined) return;
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
    const message = status < 400 ? "a part of a request refused" : "request refused";
    const place = request && { ...placeOf(request), path: this.#shownPath(request, route).slice(0, MAX_TEXT) };
    this.#log[isWarning(status) ? "warn" : "info"](lineOf(reply, place), message);
  }

  /** Writes a line about the refusals that have none yet. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#unwritten === undefined) return;
    this.#log.warn({ unwritten: this.#unwritten }, "more requests were refused than have a line");
    this.#unwritten = undefined;
  }
}

function lineOf({ status, body, faults = [], trail }: HttpReply, place: object | undefined): object {
  const { title, detail } = problemOf(body);
  const rules = new Set(faults.map(({ rule, got }) => `${rule}, got ${got}`));
  return {
    status,
    reason: title,
    // The detail of a client's fault may name what the client sent: its line has only the rules.
    ...(isWarning(status) && { detail }),
    ...(rules.size > 0 && { faults: faults.length, rules: [...rules].slice(0, MAX_RULES) }),
    ...place,
    ...trail,
  };
}

function placeOf({ method, headers }: IncomingMessage): object {
  const traceparent = traceparentOf(headers["ce-traceparent"]) ?? traceparentOf(headers.traceparent);
  const eventId = headers["ce-id"];
  return {
    method,
    ...(typeof eventId === "string" && { eventId: eventId.slice(0, MAX_TEXT) }),
    ...(traceparent !== undefined && { traceparent }),
  };
}

// Every refusal is a problem document (problem.ts). It is parsed only for a line that is written.
function problemOf(body: HttpReply["body"]): { title?: string; detail?: string } {
  return typeof body === "string" ? JSON.parse(body) : {};
}
