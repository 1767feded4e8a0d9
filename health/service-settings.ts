import type { Health } from "../events/health.ts";
import { healthOf } from "../events/health.ts";
import { BoundedMap } from "../storage/bounded-map.ts";
import type { Span } from "../storage/span.ts";
import type { HealthOfStatus } from "./cell.ts";
import {
  isMaintenanceAt,
  type Maintenance,
  maintenanceIn,
  type PlannedStretch,
  plannedFrom,
  plannedIn,
} from "./maintenance.ts";
import type { RuleSettings } from "./rule.ts";

/** What an entry of the file of services says of those that it is for. */
export interface ServiceEntry extends RuleSettings {
  covers(service: string): boolean;
  /** What statuses mean: exact texts, or the first digit of an HTTP status and `xx`. */
  statuses?: ReadonlyMap<string, Health>;
  maintenance?: readonly Maintenance[];
  owner?: string;
  /** Such as its runbook. */
  link?: URL;
  /** It is in no list, on no wall and in no alert. */
  retired?: boolean;
}

/** What is set for a service. */
export interface ServiceSettings extends Omit<ServiceEntry, "covers" | "statuses" | "maintenance" | "retired"> {
  healthOfStatus: HealthOfStatus;
  maintenanceIn(span: Span): Span[];
  /** The same by reason, which may overlap. */
  plannedIn(span: Span): PlannedStretch[];
  /** What is planned at a moment (epoch ms) and later. */
  plannedFrom(time: number): PlannedStretch[];
  /** At a moment (epoch ms). */
  isInMaintenance(time: number): boolean;
  isRetired: boolean;
}

const MAX_KNOWN = 10_000;

/** What is set for single services beside the entries, by name. */
export type SetByName = ReadonlyMap<string, Pick<ServiceEntry, "retired" | "maintenance">>;

/** The settings of all services: of several entries that are for one, a later one counts where it says something. */
export class ServicesSettings {
  readonly #entries: readonly ServiceEntry[];
  readonly #set: SetByName;
  readonly #known = new BoundedMap<ServiceSettings>(MAX_KNOWN);
  /** Most services have the same: those for which the same entries are, and nothing is set by name. */
  readonly #shared = new BoundedMap<ServiceSettings>(MAX_KNOWN);

  constructor(entries: readonly ServiceEntry[] = [], set: SetByName = new Map()) {
    this.#entries = entries;
    this.#set = set;
  }

  /** The same with other settings of single services. */
  with(set: SetByName): ServicesSettings {
    return new ServicesSettings(this.#entries, set);
  }

  of(service: string): ServiceSettings {
    let settings = this.#known.get(service);
    if (settings === undefined) {
      settings = this.#settingsOf(service);
      this.#known.set(service, settings);
    }
    return settings;
  }

  #settingsOf(service: string): ServiceSettings {
    const set = this.#set.get(service);
    const entries = this.#entries.filter(({ covers }) => covers(service));
    if (set !== undefined) return settingsOf(entries, set);
    const key = entries.map((entry) => this.#entries.indexOf(entry)).join();
    let settings = this.#shared.get(key);
    if (settings === undefined) {
      settings = settingsOf(entries, undefined);
      this.#shared.set(key, settings);
    }
    return settings;
  }
}

function settingsOf(entries: readonly ServiceEntry[], set: ReturnType<SetByName["get"]>): ServiceSettings {
  const {
    covers: _,
    statuses: __,
    maintenance: ___,
    retired = false,
    ...rest
  } = Object.assign({}, ...entries) as ServiceEntry;
  const statuses = new Map(entries.flatMap(({ statuses = new Map() }) => [...statuses]));
  // Work is planned for many services and for one: all of it counts.
  const maintenance = [...entries, set].flatMap((one) => one?.maintenance ?? []);
  return {
    ...rest,
    isRetired: retired || set?.retired === true,
    healthOfStatus:
      statuses.size === 0
        ? healthOf
        : (status) => statuses.get(status) ?? statuses.get(classOf(status)) ?? healthOf(status),
    maintenanceIn: (span) => maintenanceIn(span, maintenance),
    plannedIn: (span) => plannedIn(span, maintenance),
    plannedFrom: (time) => plannedFrom(time, maintenance),
    isInMaintenance: (time) => isMaintenanceAt(time, maintenance),
  };
}

/** Such as `4xx`; of what is no HTTP status, nothing that can be set. */
function classOf(status: string): string {
  return /^[1-5]\d\d$/.test(status) ? `${status.charAt(0)}xx` : "";
}
