// What the keeper of health asks of a store, and those who read what it says; ports.ts has the other ports. The keeper's
// judgements are a function of the stored pulses, so that it may say anything twice, and several keepers may speak at once.
import type { HealthRun } from "../events/health-run.ts";
import type { ServiceHealth } from "../events/service-health.ts";
import type { Span } from "./span.ts";

/** The newest run of a service. */
export interface CurrentRun {
  service: string;
  run: HealthRun;
  /** The `asOf` of the judgement that said so. */
  asOf: number;
}

/** What judgements rest on: taken before the pulses are read. */
export interface Basis {
  /** Epoch ms. What a judgement as of later says of a service stays, whichever is kept first. */
  asOf: number;
  /** Changes when a service is forgotten. */
  forgotten: number;
}

/** What the keeper remembers of a service between two judgements, in the form of health/memory.ts. */
export interface KeptMemory {
  /** Epoch ms: the pulses before it are judged. */
  judgedUntil: number;
  state: string;
}

/** What a judgement changes of one service. */
export interface HealthChange {
  service: string;
  /** In place of all runs that begin in the span, oldest first. A span without end holds at least one. */
  runs?: { span: Span; runs: readonly HealthRun[] };
  /** In place of the former. */
  memory?: KeptMemory;
}

/** What the broker has been told of a service. */
export interface ToldRun {
  /** Epoch ms: the beginning of the run. */
  since: number;
  /** `undefined` once it was told that there was no such run. */
  health: ServiceHealth | undefined;
  /** How often another health was told before for the same beginning. */
  revision: number;
}

/** Work on a service that is planned. */
export interface PlannedWork extends Span {
  reason: string;
}

/** What was set for a service by the API, beside what the file of settings says. */
export interface SetService {
  service: string;
  isRetired: boolean;
  work: PlannedWork | undefined;
}

/** Sets something for single services. All of a service goes with `forget`. */
export interface ServiceSetter {
  /** All of which something is set, in any order, in chunks. */
  set(): AsyncIterable<readonly SetService[]>;
  /** Whether there is a service or not. @returns false when the store does not take it at the moment */
  retire(service: string, isRetired: boolean): Promise<boolean>;
  /** In place of what was planned; `undefined` for nothing. @returns as `retire` */
  plan(service: string, work: PlannedWork | undefined): Promise<boolean>;
}

/** Reads what the keeper says. */
export interface HealthReader {
  /** The newest run of every service that was judged, in chunks of bounded size, in any order. */
  current(): AsyncIterable<readonly CurrentRun[]>;
  /**
   * The runs of a service that touch a span, oldest first: the first may begin before it.
   * @param beforeMore waited for before more than a page is read, of a store that reads page by page; what it throws ends the reading
   */
  runs(service: string, span: Span, beforeMore?: () => Promise<void>): Promise<HealthRun[]>;
  /** Epoch ms: until when every service is judged; 0 while none is. */
  judgedUntil(): Promise<number>;
  /** What was remembered of a service: `learntPeriodOf` and `lagsOf` (health/memory.ts) read what others may know of it. */
  memory(service: string): Promise<KeptMemory | undefined>;
}

/** Keeps what the keeper says, and what it has told of it. All of a service goes with `forget`, the past with time. */
export interface HealthStore extends HealthReader, ServiceSetter {
  /** What the judgements rest on that begin now. */
  begin(): Promise<Basis>;
  /**
   * Keeps changes, each of them whole or not at all on SQLite; on Cassandra a change that is cut off may be kept in part, and is
   * whole once it is kept again.
   * @returns false when the store does not take them at the moment, or a service was forgotten since `begin`
   */
  keep(changes: readonly HealthChange[], basis: Basis): Promise<boolean>;
  /** Every service is judged until a time (epoch ms). @returns false when the store does not take it at the moment */
  noteJudged(until: number): Promise<boolean>;
  /** What was told of the runs of a service that begin in a span, oldest first. */
  told(service: string, span: Span): Promise<ToldRun[]>;
  /** Notes what was told, each in place of what was told of the same beginning. @returns as `keep` */
  tell(service: string, told: readonly ToldRun[], basis: Basis): Promise<boolean>;
  /** Epoch ms: changes are told from then on. The earliest time that any keeper gives counts. */
  toldFrom(time: number): Promise<number>;
}
