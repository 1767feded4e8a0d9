// Incident events of CDEvents 0.5 (continuous-operations.md of the specification), as CloudEvents by its binding. Not `reported`:
// that one needs the address of a ticket, and PulseMesh writes none.
import type { CloudEvent } from "./cloud-event.ts";
import { HEALTH_SOURCE, type HealthNews, healthDataOf, healthEventOf } from "./health-event.ts";

const SPEC_VERSION = "0.5.0";
/** With the version of the event's own schema. */
export const INCIDENT_TYPES = {
  detected: "dev.cdevents.incident.detected.0.3.0",
  resolved: "dev.cdevents.incident.resolved.0.3.0",
} as const;

/** That a service came into trouble, or out of it. */
export interface IncidentNews {
  kind: keyof typeof INCIDENT_TYPES;
  /** Epoch ms: when the incident began, which names it. */
  incidentSince: number;
  /** What was told of the service's health at the same time. */
  news: HealthNews;
}

/** The event: the same from every process and in every try. @param environment where the services run */
export function incidentEventOf({ kind, incidentSince, news }: IncidentNews, environment: string): CloudEvent {
  const { service, run } = news;
  const { id: newsId, time } = healthEventOf(news);
  const [id, type] = [`${newsId}/incident`, INCIDENT_TYPES[kind]];
  const subject = `${service}/${incidentSince}`;
  const body = {
    context: { specversion: SPEC_VERSION, id, source: HEALTH_SOURCE, type, timestamp: time },
    subject: {
      id: subject,
      source: HEALTH_SOURCE,
      content: {
        ...(run !== undefined && { description: `${run.health}: ${run.cause}` }),
        environment: { id: environment },
        service: { id: service },
      },
    },
    customData: healthDataOf(news),
    customDataContentType: "application/json",
  };
  return {
    id,
    source: HEALTH_SOURCE,
    type,
    ...(time !== undefined && { time }),
    subject,
    datacontenttype: "application/json",
    extensions: { partitionkey: service },
    data: { kind: "bytes", bytes: Buffer.from(JSON.stringify(body)) },
  };
}
