import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import pLimit from "p-limit";
import type { CloudEvent } from "../../events/cloud-event.ts";
import { healthEventOf } from "../../events/health-event.ts";
import { incidentEventOf } from "../../events/incident-event.ts";
import { DAY_MS } from "../../events/time.ts";
import type { Basis, HealthStore } from "../../storage/health-ports.ts";
import { StoreError } from "../../storage/store-error.ts";
import type { BrokerClient } from "../broker-client.ts";
import type { Logger } from "../log.ts";
import { type Untold, untoldOf } from "./news.ts";

export interface AnnouncerOptions {
  health: HealthStore;
  broker: Pick<BrokerClient, "send">;
  /** Of whom nobody is told anything. What happens meanwhile is not told later either. @default nobody */
  isRetired?: (service: string) => boolean;
  /** How far back late pulses may change what was told. */
  retentionMs: number;
  /** Where the services run, for incident events of CDEvents. @default none are sent */
  environment?: string | undefined;
  now: () => number;
  log: Logger;
  /** The wait after the broker or the store took nothing. @default 2_000 */
  pauseMs?: number;
}

/** Services of which the broker is told at one time. */
const CONCURRENCY = 4;
/** News of a service, before it is another one's turn: the past of one that flaps has thousands. */
export const NEWS_OF_A_TURN = 100;

/**
 * Tells the broker what has changed: of each service in the order of time, and of each change until the broker has it. Services take
 * turns. What was told is noted in the store, so that what is left is known to every other process.
 */
export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #ended = new AbortController();
  readonly #waiting = new Set<string>();
  #loop: Promise<void> | undefined;
  #told = 0;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
  }

  /** Services of which something may have to be told. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Events that the broker has taken. */
  get told(): number {
    return this.#told;
  }

  /** Something may be new of a service. */
  add(service: string): void {
    this.#waiting.add(service);
  }

  /** Tells what is new; not twice at one time. What cannot be told waits for the next call. */
  tell(): void {
    this.#loop ??= this.#tellAll().finally(() => {
      this.#loop = undefined;
    });
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#ended.abort();
    await this.#loop;
  }

  async #tellAll(): Promise<void> {
    const { pauseMs = 2000 } = this.#options;
    const { signal } = this.#ended;
    while (this.#waiting.size > 0 && !signal.aborted) {
      const isDone = await this.#waitingForStore(() => this.#tellWaiting());
      if (!isDone) await delay(pauseMs, undefined, { signal }).catch(() => {});
    }
  }

  /** @returns whether all was told, as far as it is known by now @throws {StoreError} */
  async #tellWaiting(): Promise<boolean> {
    const { health, retentionMs, now } = this.#options;
    const basis = await health.begin();
    const from = Math.max(await health.toldFrom(basis.asOf), now() - retentionMs);
    const limit = pLimit(CONCURRENCY);
    const results = await limit.map([...this.#waiting], async (service) => {
      if (this.#ended.signal.aborted) return false;
      this.#waiting.delete(service);
      const isDone = await this.#waitingForStore(() => this.#tellOf(service, basis, from));
      if (!isDone) this.#waiting.add(service);
      return isDone;
    });
    return !results.includes(false);
  }

  async #waitingForStore(tell: () => Promise<boolean>): Promise<boolean> {
    try {
      return await tell();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#options.log.warn({ err: error }, "changes of services' health wait for the store");
      return false;
    }
  }

  /** @returns false while there is no broker */
  async #send(event: CloudEvent): Promise<boolean> {
    const { broker, log } = this.#options;
    const { kind } = await broker.send(event);
    // No broker will ever take one that is refused: it must not hold up what follows.
    if (kind === "refused") {
      log.error({ id: event.id, type: event.type }, "the broker refuses to take an event about health");
    } else if (kind !== "unavailable") this.#told++;
    return kind !== "unavailable";
  }

  /** Tells what is new of a service, as far as its turn goes. @returns false where something could not be told */
  async #tellOf(service: string, basis: Basis, from: number): Promise<boolean> {
    const { health, isRetired = () => false } = this.#options;
    // A store in this process answers without a pause, and of who is retired nothing is sent.
    await nextTurn();
    // What was known since may have begun before.
    const span = { from: from - DAY_MS, to: Number.POSITIVE_INFINITY };
    const told = await health.told(service, span);
    // After what was told: what is kept meanwhile is told at the next look.
    const runs = await health.runs(service, span);
    let count = 0;
    for (const untold of untoldOf(service, { runs, told, from })) {
      if (count++ === NEWS_OF_A_TURN) {
        this.#waiting.add(service);
        break;
      }
      if (!isRetired(service)) {
        for (const event of this.#eventsOf(untold)) if (!(await this.#send(event))) return false;
      }
      if (!(await health.tell(service, [untold.told], basis))) return false;
    }
    return true;
  }

  #eventsOf({ news, incident }: Untold): CloudEvent[] {
    const { environment } = this.#options;
    if (environment === undefined || incident === undefined) return [healthEventOf(news)];
    return [healthEventOf(news), incidentEventOf(incident, environment)];
  }
}
