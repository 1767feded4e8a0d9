import { setTimeout as delay } from "node:timers/promises";
import { Pool } from "undici";
import type { CloudEvent } from "../events/cloud-event.ts";
import { isRetryable } from "../events/delivery-rules.ts";
import { encodeBinary } from "../events/http-binding.ts";
import type { Logger } from "./log.ts";

/**
 * What a broker said of an event: it has it; it does not now; it never will. `unheard` are the tries besides that it may
 * have taken without our hearing of it: each may be a delivery of its own.
 */
export type SendOutcome = { unheard: number } & (
  | { kind: "accepted" }
  | { kind: "unavailable"; reason: string }
  | { kind: "refused"; reason: string }
);

export interface Sink {
  /** Hands an event over, with a few quick tries; never rejects. */
  send(event: CloudEvent): Promise<SendOutcome>;
  close(): Promise<void>;
}

export interface SinkOptions {
  url: URL;
  connections: number;
  /** For all tries together. */
  deadlineMs: number;
  /** Seconds an answer took, of whatever kind. */
  onAnswer?: (seconds: number) => void;
  onError?: (reason: string) => void;
  log: Logger;
}

/** After the first try: 50, 100, 200, 400, 800 ms. Enough for a broker that restarts; a longer absence is the client's to wait for. */
const FIRST_BACKOFF_MS = 50;
const MAX_TRIES = 6;
/** With these the event has not left. */
const UNSENT: ReadonlySet<unknown> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** A CloudEvents sink over HTTP in binary mode, such as a Knative broker. */
export function openSink({ url, connections, deadlineMs, onAnswer, onError, log }: SinkOptions): Sink {
  const pool = new Pool(url.origin, {
    connections,
    pipelining: 1,
    connectTimeout: Math.min(deadlineMs, 3000),
    keepAliveTimeout: 30_000,
  });
  const path = `${url.pathname}${url.search}`;

  // `unheard` is 1 when nobody can tell whether the broker has the event: its answer was lost, or, on Knative's default
  // broker, some of its deliveries were made. `dispatch` and not `request`, which makes a stream and a promise for a
  // body that nobody reads.
  function tryOnce(message: ReturnType<typeof encodeBinary>, timeoutMs: number): Promise<SendOutcome> {
    const startedAt = performance.now();
    return new Promise((resolve) => {
      let statusCode = 0;
      const request = { method: "POST", path, headersTimeout: timeoutMs, bodyTimeout: timeoutMs, ...message } as const;
      pool.dispatch(request, {
        onRequestStart() {},
        onResponseStart(_, status) {
          statusCode = status;
        },
        onResponseData() {}, // an answer's status is all that counts
        onResponseEnd() {
          onAnswer?.((performance.now() - startedAt) / 1000);
          resolve(outcomeOf(statusCode));
        },
        onResponseError(_, error) {
          const { code } = error as { code?: unknown };
          const reason = `the broker did not answer (${typeof code === "string" ? code : "error"})`;
          resolve({ kind: "unavailable", reason, unheard: UNSENT.has(code) ? 0 : 1 });
        },
      });
    });
  }

  return {
    async send(event) {
      const message = encodeBinary(event);
      const trail = { eventId: event.id, traceparent: event.extensions.traceparent };
      const deadline = performance.now() + deadlineMs;
      let unheard = 0;
      for (let tries = 1, backoffMs = FIRST_BACKOFF_MS; ; tries++, backoffMs *= 2) {
        const outcome = await tryOnce(message, Math.ceil(deadline - performance.now()));
        unheard += outcome.unheard;
        if (outcome.kind === "accepted") {
          log.debug({ ...trail, tries }, "event accepted");
          return { ...outcome, unheard };
        }
        onError?.(outcome.kind);
        if (outcome.kind === "refused" || tries === MAX_TRIES || performance.now() + backoffMs > deadline) {
          log.warn({ ...trail, tries, outcome: outcome.kind }, `event not accepted: ${outcome.reason}`);
          return { ...outcome, unheard };
        }
        await delay(backoffMs);
      }
    },
    close: () => pool.close(),
  };
}

function outcomeOf(status: number): SendOutcome {
  if (status >= 200 && status < 300) return { kind: "accepted", unheard: 0 };
  return {
    kind: isRetryable(status) ? "unavailable" : "refused",
    reason: `the broker answered ${status}`,
    unheard: status >= 500 && status !== 503 ? 1 : 0,
  };
}
