import type { CloudEvent } from "./cloud-event.ts";
import type { HealthRun } from "./health-run.ts";
import type { ServiceHealth } from "./service-health.ts";

/** The health of a service has changed. */
export const HEALTH_CHANGED_TYPE = "dev.pulsemesh.health.changed.v1";
/** Pulses that came late have changed what was told of a service's past. */
export const HEALTH_REVISED_TYPE = "dev.pulsemesh.health.revised.v1";

/** The source of events about health. */
export const HEALTH_SOURCE = "/pulse-health";

/** Of one moment, at which a run began: how the service is since, and how it was before. */
export interface HealthNews {
  service: string;
  /** Epoch ms. */
  since: number;
  /** The run in which the moment lies as it is known now; `undefined` where none is. */
  run: HealthRun | undefined;
  /** Of a change: the health before it. Of a revision: what was told of the moment. `undefined` where nothing was known. */
  previous: ServiceHealth | undefined;
  isRevised: boolean;
  /** How often another health was told before for the same moment. */
  revision: number;
}

/** An event of news: the same from every process and in every try. Triggers may filter by `health` and `previoushealth`. */
export function healthEventOf(news: HealthNews): CloudEvent {
  const { service, since, run, previous, isRevised, revision } = news;
  const health = run?.health ?? "unknown";
  return {
    id: `${service}/${since}/${health}/${revision}`,
    source: HEALTH_SOURCE,
    type: isRevised ? HEALTH_REVISED_TYPE : HEALTH_CHANGED_TYPE,
    time: isoOf(run?.confirmedAt ?? since),
    subject: service,
    datacontenttype: "application/json",
    extensions: { partitionkey: service, health, ...(previous !== undefined && { previoushealth: previous }) },
    data: { kind: "bytes", bytes: Buffer.from(JSON.stringify(healthDataOf(news))) },
  };
}

/** What the event says, as JSON. */
export function healthDataOf({ service, since, run, previous, revision }: HealthNews) {
  return {
    service_name: service,
    health: run?.health ?? "unknown",
    ...(previous !== undefined && { previous_health: previous }),
    since: isoOf(since),
    ...(run !== undefined && { confirmed_at: isoOf(run.confirmedAt), cause: run.cause }),
    revision,
  };
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
