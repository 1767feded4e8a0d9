import { setTimeout as delay } from "node:timers/promises";
import { END_OF_TIME_MS } from "../../events/time.ts";
import { freshJson } from "../../http/json.ts";
import { badRequest } from "../../http/problem.ts";
import { readQuery } from "../../http/query-parameters.ts";
import type { HttpReply, HttpRequest } from "../../http/route.ts";
import type { PulseForgetter, PulseReader } from "../../storage/ports.ts";
import { whileStoreAnswers } from "../store-answers.ts";
import { authorOf } from "../tokens/author.ts";
import type { GuardedRoute } from "../tokens/guarded-routes.ts";
import type { Grant } from "../tokens/token-file.ts";

export interface ForgetOptions {
  store: Pick<PulseReader, "page"> & PulseForgetter;
  /** The header in which a proxy names its user. */
  userHeader?: string | undefined;
  /** How long a request waits for the end. A process that stops lets a request go on for longer. @default 15,000 */
  waitMs?: number;
}

const EVER = { from: 0, to: END_OF_TIME_MS };
const RETRY_AFTER_S = "5";

/** Removes a service: 204 once it is gone, also where it never was; 202 while it is being removed. */
export function forgetRoute({ store, userHeader, waitMs = 15_000 }: ForgetOptions): GuardedRoute {
  const forgetting = new Forgetting(store);

  async function forget({ parameters, query, headers, log }: HttpRequest, grant: Grant): Promise<HttpReply> {
    const read = readQuery({}, query);
    if (!read.ok) return badRequest(read.faults);
    const service = parameters.service as string;
    const by = authorOf(headers, grant, userHeader);
    let done = forgetting.underWay(service);
    if (done === undefined) {
      const page = await store.page(service, EVER, 1);
      if (page.ok && page.value.pulses.length === 0) return { status: 204 };
      log.info({ service, by }, "a service is being forgotten");
      done = forgetting.forget(service);
      // Also where the request no longer waits.
      done.then(
        () => log.info({ service, by }, "service forgotten"),
        (error: unknown) => log.error({ err: error, service, by }, "service not forgotten, or only in part"),
      );
    }
    return (await isDoneWithin(done, waitMs)) ? { status: 204 } : notYet(service);
  }

  return { method: "DELETE", path: "/services/{service}", handle: whileStoreAnswers(forget) };
}

/**
 * Removes services, all that were asked for meanwhile together: on Cassandra each removal begins an era and takes seconds,
 * however many services it is for.
 */
class Forgetting {
  readonly #store: PulseForgetter;
  readonly #underWay = new Map<string, Promise<void>>();
  #next: { services: string[]; done: Promise<void> } | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(store: PulseForgetter) {
    this.#store = store;
  }

  /** The end of a removal that has been asked for. */
  underWay(service: string): Promise<void> | undefined {
    return this.#underWay.get(service);
  }

  /** @throws {StoreError} when the store is away; some of the service may be removed then */
  forget(service: string): Promise<void> {
    const known = this.#underWay.get(service);
    if (known !== undefined) return known;
    this.#next ??= this.#plan();
    const { services, done } = this.#next;
    services.push(service);
    const own = done.finally(() => this.#underWay.delete(service));
    this.#underWay.set(service, own);
    return own;
  }

  #plan(): { services: string[]; done: Promise<void> } {
    const services: string[] = [];
    const done = this.#last.then(() => {
      this.#next = undefined;
      return this.#store.forget(services);
    });
    this.#last = done.catch(() => undefined);
    return { services, done };
  }
}

async function isDoneWithin(done: Promise<void>, waitMs: number): Promise<boolean> {
  const waiting = new AbortController();
  const isOver = delay(waitMs, false, { signal: waiting.signal }).catch(() => false);
  try {
    return await Promise.race([done.then(() => true), isOver]);
  } finally {
    waiting.abort();
  }
}

function notYet(service: string): HttpReply {
  const detail = "The service is being removed. Send the same request again: 204 says that it is done.";
  const reply = freshJson(202, { service_name: service, detail });
  return { ...reply, headers: { ...reply.headers, "retry-after": RETRY_AFTER_S } };
}
