import type { HealthRun } from "../../events/health-run.ts";
import type { ServiceHealth } from "../../events/service-health.ts";
import { isAway } from "../../health/away.ts";
import type { ServicesSettings } from "../../health/service-settings.ts";
import type { HealthReader } from "../../storage/health-ports.ts";
import type { StoredPulse } from "../../storage/ports.ts";

/** How a service is. */
export interface Judgement {
  health: ServiceHealth;
  /** Epoch ms; `undefined` of a service that was not judged yet. */
  since: number | undefined;
  /** Epoch ms; `undefined` where nobody knows how the service is. */
  confirmedAt: number | undefined;
  /** In words; "" where nothing is known. */
  cause: string;
}

/** What pulse-health says of all services. */
export interface Judgements {
  /** Epoch ms; `null` while nothing was ever judged. */
  judgedUntil: number | null;
  /** How the service of a newest pulse is at a moment (epoch ms). */
  of(newest: StoredPulse, now: number): Judgement;
}

export interface HealthNowOptions {
  health: Pick<HealthReader, "current" | "judgedUntil">;
  settings: () => ServicesSettings;
  /** How long what was read is good. */
  keptMs: number;
  now: () => number;
}

/** Reads what pulse-health says of all services at once, for all who ask within a moment. */
export class HealthNow {
  readonly #options: HealthNowOptions;
  #kept: { judgements: Promise<Judgements>; until: number } | undefined;
  /** The newest run of each service as of a judgement. */
  #runs: { judgedUntil: number; runs: ReadonlyMap<string, HealthRun> } | undefined;

  constructor(options: HealthNowOptions) {
    this.#options = options;
  }

  /** @throws {StoreError} */
  read(): Promise<Judgements> {
    const { keptMs, now } = this.#options;
    if (this.#kept === undefined || this.#kept.until <= now()) {
      const kept = { judgements: this.#read(), until: now() + keptMs };
      // Who asks gets the failure; the next one asks the store again.
      kept.judgements.catch(() => {
        if (this.#kept === kept) this.#kept = undefined;
      });
      this.#kept = kept;
    }
    return this.#kept.judgements;
  }

  async #read(): Promise<Judgements> {
    const { health, settings } = this.#options;
    // First: what is read after it is as new at least.
    const judgedUntil = await health.judgedUntil();
    const runs = await this.#runsOf(judgedUntil);
    return {
      judgedUntil: judgedUntil === 0 ? null : judgedUntil,
      of({ service_name: service, status }, now) {
        if (judgedUntil !== 0 && isAway(judgedUntil, now)) return notJudgedSince(judgedUntil);
        // That is what the rule says of a service of which there is one pulse.
        return runs.get(service) ?? newService(settings().of(service).healthOfStatus(status));
      },
    };
  }

  /** pulse-health keeps what it finds before it says until when that is: while it says nothing else, there is nothing new. */
  async #runsOf(judgedUntil: number): Promise<ReadonlyMap<string, HealthRun>> {
    if (this.#runs?.judgedUntil === judgedUntil && judgedUntil !== 0) return this.#runs.runs;
    const runs = new Map<string, HealthRun>();
    for await (const chunk of this.#options.health.current())
      for (const { service, run } of chunk) runs.set(service, run);
    this.#runs = { judgedUntil, runs };
    return runs;
  }
}

function newService(health: ServiceHealth): Judgement {
  return { health, since: undefined, confirmedAt: undefined, cause: "" };
}

function notJudgedSince(since: number): Judgement {
  const cause = `not judged since ${new Date(since).toISOString()}`;
  return { health: "unknown", since, confirmedAt: undefined, cause };
}
