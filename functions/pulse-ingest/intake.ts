// What every way into pulse-ingest shares: who may send, which services there may be, the broker, and what is counted.
import type { IncomingHttpHeaders } from "node:http";
import type { Pulse } from "../../events/pulse.ts";
import type { ReceiveContext } from "../../events/pulse-event.ts";
import { problem, tryLater } from "../../http/problem.ts";
import { RecentRefusal } from "../../http/recent-refusal.ts";
import type { HttpReply } from "../../http/route.ts";
import { replyToFailedEmit } from "../outcome-replies.ts";
import { bearerOf } from "../tokens/credential.ts";
import { forbidden, unauthorized } from "../tokens/refusals.ts";
import { EVERY_SERVICE, type Grant, type Tokens } from "../tokens/token-file.ts";
import type { Emitter, RequestOutcome } from "./emitter.ts";
import type { IngestMetrics, RejectReason } from "./ingest-metrics.ts";
import type { KnownServices, NewServices } from "./known-services.ts";
import type { Origin } from "./origin.ts";

export interface IntakeOptions {
  emitter: Emitter;
  metrics: IngestMetrics;
  services: KnownServices;
  tokens: Tokens | undefined;
  retentionMs: number;
  maxPulses: number;
}

/** Pulses that have a place, and the names that they brought. */
interface LetIn {
  pulses: readonly Pulse[];
  names: Iterable<string>;
  /** Of a request that is taken in part: whether others named a new service beyond the bound. */
  isBounded?: boolean;
}

/** A place for a service becomes free when another one expires or is forgotten. */
const NEW_SERVICE_RETRY_MS = 60_000;

export class Intake {
  readonly #options: IntakeOptions;
  readonly #refusal = new RecentRefusal();

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Why the broker took no pulses lately. */
  get trouble(): string | undefined {
    return this.#refusal.reason;
  }

  /** Whether senders show tokens. */
  get asksForTokens(): boolean {
    return this.#options.tokens !== undefined;
  }

  /** What pulses of a request that arrives now are checked against. */
  context(): ReceiveContext {
    const { retentionMs, maxPulses } = this.#options;
    return { now: Date.now(), retentionMs, maxPulses };
  }

  /** Counts a refused request. */
  refuse(reason: RejectReason, reply: HttpReply): HttpReply {
    this.#options.metrics.rejected.inc({ reason });
    return reply;
  }

  /**
   * Decides by a request's token, and by the size that its headers tell, whether to refuse it before its body is read.
   * @param expected what a refusal says where the token is not known
   */
  admit(headers: IncomingHttpHeaders, token = bearerOf(headers), expected?: string): HttpReply | undefined {
    const { tokens } = this.#options;
    if (tokens !== undefined && tokens.grantOf(token) === undefined) {
      return this.refuse("unauthorized", unauthorized(token !== undefined, expected));
    }
    return this.refuseWhenFull(Number(headers["content-length"] ?? 0));
  }

  /** The refusal of a request with a body of that size, while pulses wait that were turned away. */
  refuseWhenFull(bodyBytes: number): HttpReply | undefined {
    return this.#options.emitter.isFullFor(bodyBytes) ? this.refuse("full", refusalOf({ kind: "full" })) : undefined;
  }

  /** What a token is for, or a refusal where it was revoked while the body arrived. */
  grantOf(token: string | undefined): Grant | HttpReply {
    const { tokens } = this.#options;
    if (tokens === undefined) return EVERY_SERVICE;
    return tokens.grantOf(token) ?? this.refuse("unauthorized", unauthorized(true));
  }

  /** Sends pulses on, all or none, and answers with `reply` once the broker has them. */
  sendAll(pulses: readonly Pulse[], grant: Grant, origin: Origin, reply: HttpReply): HttpReply | Promise<HttpReply> {
    if (!grant.coversAll) {
      const foreign = pulses.find((pulse) => !grant.covers(pulse.service_name));
      if (foreign !== undefined) return this.refuse("forbidden", notFor(foreign));
    }
    const entry = this.#options.services.letIn(pulses, this.#senderOf(grant));
    if (entry.kind === "too-many") return this.refuse("services", tooManyServices(entry));
    return this.send({ pulses, names: entry.names }, origin, reply);
  }

  /**
   * Finds the pulses that may be sent on, where others of the same request need not be. `onRefused` hears of each of the
   * others which rule it breaks. A token that is for none of them is refused.
   */
  sift(pulses: readonly Pulse[], grant: Grant, onRefused: (rule: string) => void): LetIn | HttpReply {
    const { services } = this.#options;
    const covered = grant.coversAll ? pulses : pulses.filter((pulse) => grant.covers(pulse.service_name));
    const [first] = pulses;
    if (first !== undefined && covered.length === 0) return this.refuse("forbidden", notFor(first));
    for (let i = covered.length; i < pulses.length; i++) onRefused(FOREIGN);
    const sender = this.#senderOf(grant);
    const entry = services.letIn(covered, sender);
    if (entry.kind === "let-in") return { pulses: covered, names: entry.names };
    const names: string[] = [];
    const taken = covered.filter((pulse) => {
      const one = services.letIn([pulse], sender);
      if (one.kind === "let-in") names.push(...one.names);
      else onRefused(beyond(one.bound));
      return one.kind === "let-in";
    });
    return { pulses: taken, names, isBounded: true };
  }

  /** Sends pulses on that have a place, and answers with `reply` once the broker has them. */
  send({ pulses, names }: LetIn, origin: Origin, reply: HttpReply): Promise<HttpReply> {
    const { emitter, metrics, services } = this.#options;
    // While the events are in flight, only what the answer needs is kept: the pulses would take most of the memory.
    const counts = metrics.accepted.countsOf(pulses);
    // Without a pulse nothing is asked of the broker, and success says nothing of it.
    const isSent = pulses.length > 0;
    return emitter.emit(pulses, origin).then((outcome) => {
      if (outcome.kind === "full" || outcome.kind === "too-large") services.turnOut(names);
      else if (isSent)
        this.#refusal.note(outcome.kind === "unavailable" ? outcome.reason : undefined, origin.bodyBytes);
      if (outcome.kind !== "accepted") return this.refuse(outcome.kind, refusalOf(outcome));
      metrics.accepted.add(counts);
      return reply;
    });
  }

  #senderOf(grant: Grant): Grant | undefined {
    return this.#options.tokens === undefined ? undefined : grant;
  }
}

function refusalOf(outcome: Exclude<RequestOutcome, { kind: "accepted" }>): HttpReply {
  if (outcome.kind === "full") {
    return tryLater(429, "Too many pulses wait for the broker; nothing of the request was accepted.", 1000);
  }
  if (outcome.kind === "too-large") {
    const detail = `Expected pulses that take at most ${outcome.maxBytes} bytes as events, got more: send several requests. Nothing of the request was accepted.`;
    return problem(413, "Content too large", detail);
  }
  const detail =
    outcome.kind === "refused"
      ? `Not accepted: ${outcome.reason}.`
      : `Not accepted as a whole: ${outcome.reason}. Some of its pulses may be: send all of the request again, with the same ids.`;
  return replyToFailedEmit(outcome.kind, detail);
}

const FOREIGN = "Expected a token that may send for the service";

function notFor(pulse: Pulse): HttpReply {
  return forbidden(`${FOREIGN} ${pulse.service_name}.`);
}

const REMEDY = "raise PULSE_MAX_SERVICES or PULSE_MAX_SERVICES_PER_TOKEN, or forget services";

function beyond(bound: number): string {
  return `Expected services that there are, got a new one beyond the bound of ${bound}: ${REMEDY}`;
}

function tooManyServices({ name, bound }: NewServices & { kind: "too-many" }): HttpReply {
  const detail = `Expected services that there are, got the new one ${name} beyond the bound of ${bound}: ${REMEDY}. Nothing of the request was accepted; pulses of known services go on.`;
  return tryLater(429, detail, NEW_SERVICE_RETRY_MS);
}
