import { setTimeout as delay } from "node:timers/promises";
import { getCACertificates } from "node:tls";
import { type Dispatcher, Pool } from "undici";
import type { CloudEvent } from "../events/cloud-event.ts";
import { isRetryable } from "../events/delivery-rules.ts";
import { encodeHeader } from "../events/header-value.ts";
import { encodeBinary } from "../events/http-binding.ts";
import { detailOf } from "../http/problem.ts";
import type { Logger } from "./log.ts";

/** What became of an event: the broker has it; does not take it now; will never take it. */
export type EmitOutcome =
  | { kind: "accepted" }
  | { kind: "unavailable"; reason: string }
  | { kind: "refused"; reason: string };

/** An outcome, and what else the broker's answers tell. */
export type SentEvent = EmitOutcome & {
  /** The number of other tries that the broker may have taken without saying so: each may be a delivery. */
  uncertainTries: number;
  /** The broker has the event, and takes more than it delivers: for so long (ms), less should be sent. */
  slowDownMs?: number;
};

export interface BrokerClient {
  /** Hands an event over, with a few quick tries; never rejects. */
  send(event: CloudEvent): Promise<SentEvent>;
  close(): Promise<void>;
}

export interface BrokerClientOptions {
  url: URL;
  connections: number;
  /** Added to each event. One with the name of an extension that the event has replaces it. */
  extensions?: Readonly<Record<string, string>> | undefined;
  /** Certificate authorities, in PEM, that may vouch for the broker besides those that Node knows. */
  certificates?: string | undefined;
  /** The value of the header `authorization`, where the broker asks for one. */
  authorization?: (() => string) | undefined;
  /** For all tries together. */
  deadlineMs: number;
  /** Called with the seconds that an answer of any status took. */
  onAnswer?: (seconds: number) => void;
  onError?: (reason: string) => void;
  /** Milliseconds, of a clock that never goes back. @default performance.now */
  now?: () => number;
  log: Logger;
}

/** After the first try: 50, 100, 200, 400, 800 ms. A broker restarts within that; the sender waits out a longer absence. */
const FIRST_BACKOFF_MS = 50;
const MAX_TRIES = 6;
/** What is read of an answer that refuses, and how much of its reason is handed on. */
const MAX_REFUSAL_BYTES = 4096;
const MAX_REASON_LENGTH = 300;
const LATE = new Error("the deadline has passed");

/** Opens connections to a broker that takes CloudEvents over HTTP in binary mode. */
export function openBrokerClient(options: BrokerClientOptions): BrokerClient {
  const { url, connections, extensions = {}, certificates, authorization } = options;
  const { deadlineMs, onAnswer, onError, log, now = () => performance.now() } = options;
  const added = Object.entries(extensions).map(([name, value]) => [`ce-${name}`, encodeHeader(value)] as const);
  const pool = new Pool(url.origin, {
    connections,
    pipelining: 1,
    connectTimeout: Math.min(deadlineMs, 3000),
    keepAliveTimeout: 30_000,
    ...(certificates !== undefined && { connect: { ca: [...getCACertificates(), certificates] } }),
  });
  const path = `${url.pathname}${url.search}`;

  // `dispatch`, because `request` makes a stream and a promise for a body that nobody reads. One timer, because undici has
  // none for a whole exchange: its time-outs leave out the connecting, and each byte of a body starts them again.
  function tryOnce(message: ReturnType<typeof encodeBinary>, timeoutMs: number): Promise<SentEvent> {
    const startedAt = now();
    return new Promise((resolve) => {
      let controller: Dispatcher.DispatchController | undefined;
      let status = 0;
      let refusal = "";
      let slowDownMs = 0;
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        fail("in time");
        controller?.abort(LATE);
      }, timeoutMs);
      const fail = (how: string) => {
        clearTimeout(timer);
        // Until its start a request waits for a connection: nothing of it has left this process.
        const uncertainTries = controller === undefined ? 0 : 1;
        const reason = `the broker did not answer ${how}`;
        resolve(status === 0 ? { kind: "unavailable", reason, uncertainTries } : outcomeOf(status));
      };
      const request = { method: "POST", path, headersTimeout: 0, bodyTimeout: 0, ...message } as const;
      pool.dispatch(request, {
        onRequestStart(started) {
          controller = started;
          if (isLate) started.abort(LATE);
        },
        onResponseStart(_, statusCode, headers) {
          if (statusCode < 200) return; // it announces the answer
          status = statusCode;
          slowDownMs = slowDownOf(headers["retry-after"]);
        },
        onResponseData(_, chunk) {
          if (status >= 300 && refusal.length < MAX_REFUSAL_BYTES) refusal += chunk.toString();
        },
        onResponseEnd() {
          clearTimeout(timer);
          onAnswer?.((now() - startedAt) / 1000);
          const outcome = outcomeOf(status, refusal);
          resolve(outcome.kind === "accepted" && slowDownMs > 0 ? { ...outcome, slowDownMs } : outcome);
        },
        onResponseError(_, error) {
          const { code } = error as { code?: unknown };
          fail(`(${typeof code === "string" ? code : "error"})`);
        },
      });
    });
  }

  return {
    async send(event) {
      const message = encodeBinary(event);
      const { traceparent, tracestate } = event.extensions;
      // On a way of one hop, the header says the same as the extension (CloudEvents, Distributed Tracing).
      if (traceparent !== undefined) message.headers.traceparent = encodeHeader(traceparent);
      if (tracestate !== undefined) message.headers.tracestate = encodeHeader(tracestate);
      for (const [name, value] of added) message.headers[name] = value;
      if (authorization !== undefined) message.headers.authorization = authorization();
      const trail = { eventId: event.id, traceparent };
      const deadline = now() + deadlineMs;
      // Waits before another try. Resolves with the milliseconds that are left for it: none once the deadline is reached.
      const backOff = async (waitMs: number) => {
        if (now() + waitMs >= deadline) return 0;
        await delay(waitMs);
        return deadline - now(); // a busy process is called back late
      };
      let uncertainTries = 0;
      let leftMs = deadlineMs;
      for (let tries = 1, backoffMs = FIRST_BACKOFF_MS; ; tries++, backoffMs *= 2) {
        const outcome = await tryOnce(message, leftMs);
        uncertainTries += outcome.uncertainTries;
        if (outcome.kind === "accepted") {
          log.debug({ ...trail, tries }, "event accepted");
          return { ...outcome, uncertainTries };
        }
        onError?.(outcome.kind);
        leftMs = outcome.kind === "refused" || tries === MAX_TRIES ? 0 : await backOff(backoffMs);
        if (leftMs > 0) continue;
        log.warn({ ...trail, tries, outcome: outcome.kind }, `event not accepted: ${outcome.reason}`);
        return { ...outcome, uncertainTries };
      }
    },
    close: () => pool.close(),
  };
}

/** Whether the address or a permission is wrong, and not the event: once that is put right, the same event is taken. */
function isMisdirected(status: number): boolean {
  return status < 400 || [401, 403, 405, 407].includes(status);
}

/** Milliseconds of a Retry-After in seconds; 0 without one. */
function slowDownOf(retryAfter: string | string[] | undefined): number {
  return typeof retryAfter === "string" && /^\d{1,3}$/.test(retryAfter) ? Number(retryAfter) * 1000 : 0;
}

function outcomeOf(status: number, body = ""): SentEvent {
  if (status >= 200 && status < 300) return { kind: "accepted", uncertainTries: 0 };
  const detail = detailOf(body)?.slice(0, MAX_REASON_LENGTH).toWellFormed();
  return {
    kind: isRetryable(status) || isMisdirected(status) ? "unavailable" : "refused",
    reason: `the broker answered ${status}${detail === undefined ? "" : ` (${detail})`}`,
    // Knative's default broker answers 500 although some of its deliveries were made.
    uncertainTries: status >= 500 && status !== 503 ? 1 : 0,
  };
}
