// The answers about the health of services over time, as answers.ts has the others.
import * as z from "zod";
import { SERVICE_HEALTHS } from "../../events/service-health.ts";
import { BAD_HEALTHS } from "../../health/incidents.ts";
import { judgedUntil, named, plannedWork } from "./answers.ts";

const time = z.iso.datetime().describe("RFC 3339 in UTC, to the millisecond.");
const seconds = z.number().describe("Seconds, to the millisecond.");
const part = z.number().min(0).max(1).nullable();
const isCut = z.boolean().describe("Whether there are older ones, which `limit` left out.");

const healthRun = z
  .object({
    health: z.enum(SERVICE_HEALTHS),
    since: time.describe("The time of the first pulse that said so; of silence, when the missing pulse was due."),
    until: time.nullable().describe("When the next run began; null while it lasts."),
    confirmed_at: time.describe("When it was known, by the times of the pulses."),
    cause: z.string().describe("In words, such as `8 of 10 pulses said 503`."),
  })
  .register(named, {
    id: "HealthRun",
    description: "A stretch of time in which the health of a service was the same.",
  });

const stretch = z.object({ from: time, to: time });

export const healthHistory = z
  .object({
    service_name: z.string(),
    from: time,
    to: time,
    kept_from: time.describe("What was before is not kept."),
    judged_until: judgedUntil,
    runs: z.array(healthRun).describe("Newest first. The oldest may begin before the span."),
    is_cut: isCut,
    maintenance: z
      .array(plannedWork)
      .describe(
        "What happened then counts neither as an incident nor in the uptime. Those of different reasons may overlap.",
      ),
    flapping: z.array(stretch).describe("When the service changed more often than four times in an hour."),
  })
  .register(named, { id: "HealthHistory", description: "How a service was over a span." });

const uptimePart = z
  .object({
    from: time,
    to: time,
    uptime: part.describe("(up + degraded) / (up + degraded + down + late); null where nothing is known."),
    coverage: part.describe("The known part of the time outside of maintenance; null where all is maintenance."),
    up_s: seconds,
    degraded_s: seconds,
    down_s: seconds,
    late_s: seconds,
    unknown_s: seconds,
    maintenance_s: seconds,
  })
  .register(named, { id: "UptimePart", description: "How long a service was in each state: they add up to the span." });

export const uptimeAnswer = z
  .object({
    service_name: z.string(),
    judged_until: judgedUntil,
    ...uptimePart.shape,
    parts: z.array(uptimePart).describe("The days or months of the time zone that `by` asks for, oldest first."),
  })
  .register(named, { id: "Uptime", description: "The uptime of a service over a span: time, not a share of pulses." });

const secondsByBucket = z
  .array(seconds)
  .optional()
  .describe("Of each bucket, oldest first; absent where it is 0 in all of them.");

export const historiesAnswer = z
  .object({
    from: time,
    to: time,
    judged_until: judgedUntil,
    histories: z.array(
      z.object({
        service_name: z.string(),
        uptime: part,
        coverage: part,
        up_s: secondsByBucket,
        degraded_s: secondsByBucket,
        down_s: secondsByBucket,
        late_s: secondsByBucket,
        unknown_s: secondsByBucket,
        maintenance_s: secondsByBucket,
      }),
    ),
  })
  .register(named, {
    id: "Histories",
    description:
      "How long each service that was asked for was in each state, by bucket: of what is past, they add up to it.",
  });

const incidentView = z
  .object({
    service_name: z.string(),
    health: z.enum(BAD_HEALTHS).describe("The worst that happened."),
    since: time,
    until: time.nullable().describe("null while it lasts."),
    cause: z.string().describe("Of the worst."),
    owner: z.string().nullable(),
    link: z.string().nullable(),
  })
  .register(named, { id: "Incident", description: "What went wrong, without a pause of five minutes or more." });

export const incidentsAnswer = z
  .object({ judged_until: judgedUntil, incidents: z.array(incidentView).describe("Newest first."), is_cut: isCut })
  .register(named, { id: "Incidents", description: "The incidents of all services that touch a span." });

export type HealthHistory = z.infer<typeof healthHistory>;
export type Histories = z.infer<typeof historiesAnswer>;
export type UptimePart = z.infer<typeof uptimePart>;
export type UptimeAnswer = z.infer<typeof uptimeAnswer>;
export type IncidentView = z.infer<typeof incidentView>;
export type IncidentsAnswer = z.infer<typeof incidentsAnswer>;
