import { Pool } from "undici";
import * as z from "zod";
import type { Fault } from "../events/fault.ts";
import { jsonOrUndefined } from "./json.ts";
import { lookupHost } from "./local-names.ts";
import { waitMs } from "./pace.ts";
import type { Target } from "./target.ts";

export interface SenderOptions extends Target {
  connections: number;
  /** Once it aborts, no request begins or is tried again. */
  signal: AbortSignal;
  /** Called before a request is tried again. */
  onRetry: (reason: string) => void;
  /** How long one try may take, from the connecting to the end of the answer. @default 30_000 */
  timeoutMs?: number;
}

/**
 * What became of a request. `unreachable`: not accepted within the time for retries; the last try was answered with `status`, if
 * at all. `stopped`: the signal aborted first.
 */
export type SendOutcome =
  | { kind: "accepted" }
  | { kind: "refused"; status: number; detail: string; faults: Fault[] }
  | { kind: "unreachable"; reason: string; status?: number | undefined }
  | { kind: "stopped" };

type Answer = SendOutcome | Again;

interface Again {
  kind: "again";
  reason: string;
  status?: number;
  afterMs: number | undefined;
  isFinal?: boolean;
  /** What it comes to when the time for retries is over, though others are accepted meanwhile. */
  refusal?: SendOutcome | undefined;
}

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 5000;
/** The longest that an answer may ask for. A 429 of pulse-ingest does so where it lets no new service in. */
const MAX_RETRY_AFTER_MS = 60_000;
const NO_ANSWER = "no answer in time";
const AGAIN: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

const problemSchema = z.object({
  title: z.string().optional(),
  detail: z.string().optional(),
  errors: z.array(z.object({ pointer: z.string(), rule: z.string(), got: z.string() })).optional(),
});
const acceptedSchema = z.object({ accepted: z.number() });

/** Sends pulses to pulse-ingest over kept connections. Tries again where that may help; ids keep a pulse from being stored twice. */
export class PulseSender {
  readonly #options: SenderOptions;
  readonly #pool: Pool;
  readonly #headers: Record<string, string>;
  readonly #path: string;
  readonly #timeoutMs: number;
  #lastAcceptedAt: number | undefined;
  /** How often a request was tried again. */
  retries = 0;

  constructor(options: SenderOptions) {
    this.#timeoutMs = options.timeoutMs ?? 30_000;
    this.#options = options;
    this.#pool = new Pool(options.url.origin, {
      connections: options.connections,
      connect: { lookup: lookupHost },
      // They leave out the connecting, and each byte of an answer starts them again: a signal bounds the whole.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    this.#path = options.url.pathname + options.url.search;
    this.#headers = { "content-type": "application/json" };
    if (options.token !== undefined) this.#headers.authorization = `Bearer ${options.token}`;
  }

  /** Sends one request of pulses, each as JSON text. Does not throw. */
  async send(pulses: readonly string[]): Promise<SendOutcome> {
    const body = `[${pulses.join(",")}]`;
    const { signal, retryForMs, onRetry } = this.#options;
    const startedAt = performance.now();
    for (let attempt = 0; ; attempt++) {
      if (signal.aborted) return { kind: "stopped" };
      const answer = await this.#post(body, pulses.length);
      if (answer.kind === "accepted") this.#lastAcceptedAt = performance.now();
      if (answer.kind !== "again") return answer;
      const { reason, status, afterMs, refusal } = answer;
      const now = performance.now();
      if (refusal !== undefined && now - startedAt > retryForMs) return refusal;
      const sinceMs = now - Math.max(startedAt, this.#lastAcceptedAt ?? 0);
      if (sinceMs > retryForMs || (answer.isFinal && this.#lastAcceptedAt === undefined)) {
        return { kind: "unreachable", reason, status };
      }
      const backoffMs = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(attempt, 10));
      onRetry(reason);
      this.retries++;
      // Jitter keeps connections that failed together from coming back together.
      await waitMs(afterMs ?? backoffMs * (0.75 + Math.random() / 2), signal);
    }
  }

  /** Closes the connections. Requests under way are lost. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  async #post(body: string, count: number): Promise<Answer> {
    try {
      const signal = AbortSignal.timeout(this.#timeoutMs);
      const reply = await this.#pool.request({
        method: "POST",
        path: this.#path,
        headers: this.#headers,
        body,
        signal,
      });
      const text = await reply.body.text();
      return answerOf(reply.statusCode, reply.headers["retry-after"], text, count);
    } catch (error) {
      const { name, code, message } = error as NodeJS.ErrnoException;
      if (name === "TimeoutError") return { kind: "again", reason: NO_ANSWER, afterMs: undefined };
      // A host name that does not resolve is most likely misspelt, unless it resolved before.
      return { kind: "again", reason: reasonOf(code, message), afterMs: undefined, isFinal: code === "ENOTFOUND" };
    }
  }
}

function answerOf(status: number, retryAfter: string | string[] | undefined, text: string, count: number): Answer {
  const value = jsonOrUndefined(text);
  if (status >= 200 && status < 300) {
    if (acceptedSchema.safeParse(value).data?.accepted === count) return { kind: "accepted" };
    const detail = `Expected {"accepted":${count}} in the answer, got something else: this is not pulse-ingest`;
    return { kind: "refused", status, detail, faults: [] };
  }
  const problem = problemSchema.safeParse(value).data;
  const detail = problem?.detail ?? problem?.title ?? "no reason given";
  const refusal: SendOutcome = { kind: "refused", status, detail, faults: problem?.errors ?? [] };
  if (!AGAIN.has(status)) return refusal;
  const afterMs = delayOf(retryAfter);
  const again: Again = { kind: "again", reason: `${status}: ${detail}`, status, afterMs };
  // Pulses of known services are accepted then, which promises nothing to these: they would hold a connection for ever.
  return status === 429 && afterMs === MAX_RETRY_AFTER_MS ? { ...again, refusal } : again;
}

function delayOf(retryAfter: string | string[] | undefined): number | undefined {
  if (typeof retryAfter !== "string") return undefined;
  const ms = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}

function reasonOf(code: string | undefined, message: string): string {
  switch (code) {
    case "ECONNREFUSED":
      return "the connection was refused";
    case "ENOTFOUND":
      return "the host's name was not found";
    case "UND_ERR_CONNECT_TIMEOUT":
      return NO_ANSWER;
    default:
      return `the connection broke (${code ?? message})`;
  }
}
