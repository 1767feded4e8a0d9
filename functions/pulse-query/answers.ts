// The answers of pulse-query as zod schemas, from which the types and the API's description (openapi.ts) are made. view.ts
// and summary.ts build answers of these types; nothing parses an answer.
import * as z from "zod";
import { HEALTHS, type Health } from "../../events/health.ts";
import { SERVICE_HEALTHS } from "../../events/service-health.ts";
import { EXACT_IN_ROLLUP, EXACT_UP_TO, MAX_COUNTED, MAX_COUNTED_IN_ROLLUP, MAX_LISTED } from "../../history/limits.ts";

/** The schemas that the description names. */
export const named = z.registry<{ id: string; description?: string }>();

export const time = z.iso.datetime().describe("RFC 3339 in UTC, to the millisecond.");
const latency = z.number().describe("Milliseconds.");
const metadata = z.record(z.string(), z.string());
export const count = z.int();
const pulseHealth = z.enum(HEALTHS).describe("What the status means.");
const percentile = z.number().nullable().describe("Milliseconds; null when there is no pulse.");
const PERCENTILES =
  "p95 is the smallest latency that at least 95 % of the pulses do not exceed (the nearest rank), and so for p50 and p99";
const EXACT_WHOLE = `up to ${EXACT_UP_TO} pulses that are all still there`;
const longest = z.number().nullable().describe("Milliseconds; null when there is no pulse.");

const serviceView = z
  .object({
    service_name: z.string(),
    health: z
      .enum(SERVICE_HEALTHS)
      .describe(
        "As pulse-health judges; of a service that it has not judged yet, what the newest pulse's status means.",
      ),
    since: time.nullable().describe("Since when; null of a service that was not judged yet."),
    cause: z.string().describe('In words, such as `8 of 10 pulses said 503`; "" of a service that was not judged yet.'),
    in_maintenance: z.boolean().describe("Whether work on it is planned for now."),
    last_seen: time,
    event_time: time,
    latency_ms: latency,
    status: z.string(),
    metadata: metadata.optional(),
  })
  .register(named, { id: "Service", description: "A service by its newest pulse, and how it is." });

export const plannedWork = z
  .object({ from: time, to: time, reason: z.string().nullable().describe("Why; null where nobody said so.") })
  .register(named, { id: "PlannedWork", description: "When work on a service is planned, and why." });

const share = z.number().min(0).max(1).nullable();

export const serviceDetail = z
  .object({
    ...serviceView.shape,
    confirmed_at: time.nullable().describe("When its health was known, by the times of its pulses."),
    flapping: z.boolean().describe("Whether it changed more often than four times within the last hour."),
    uptime_24h: share.describe(
      "(up + degraded) / (up + degraded + down + late), to four digits; null where nothing is known.",
    ),
    coverage_24h: share.describe(
      "The known part of the day outside of maintenance, to four digits; null where all is maintenance.",
    ),
    usual_period_ms: z
      .number()
      .nullable()
      .describe("How far apart its pulses usually are: set, or learnt; null while neither."),
    late_at: time.nullable().describe("When the service is late if no pulse comes; null without a usual period."),
    maintenance: z
      .array(plannedWork)
      .describe("Work that is planned for now and later, of weekly work that of the coming week."),
    retired: z.boolean().describe("Whether it is in no list and in no alert."),
    owner: z.string().nullable(),
    link: z.string().nullable(),
  })
  .register(named, { id: "ServiceDetail", description: "All that is known of how a service is." });

export const judgedUntil = time
  .nullable()
  .describe("What comes later is not known; null where nothing was ever judged.");

export const servicesAnswer = z
  .object({
    services: z.array(serviceView),
    judged_until: judgedUntil,
    cursor: z.string().optional().describe("Leads to more services; absent at the end."),
  })
  .register(named, {
    id: "Services",
    description: "A page of services, sorted by name: every service of most fleets. Retired ones are left out.",
  });

const pulseView = z
  .object({
    service_name: z.string(),
    event_time: time,
    latency_ms: latency,
    status: z.string(),
    id: z.string(),
    source: z.string(),
    metadata: metadata.optional(),
    health: pulseHealth,
    traceparent: z
      .string()
      .nullable()
      .optional()
      .describe(
        "W3C trace context of the span that the pulse came as, by its id. Of another pulse null in lines of JSON, else absent.",
      ),
  })
  .register(named, { id: "Pulse" });

export const pulsesAnswer = z
  .object({
    pulses: z.array(pulseView),
    cursor: z.string().optional().describe("Continues after the last pulse; absent at the end."),
  })
  .register(named, { id: "Pulses", description: "A page of pulses, newest first." });

const healthCounts = z
  .object({ up: count, degraded: count, down: count, unknown: count } satisfies Record<Health, typeof count>)
  .register(named, { id: "HealthCounts", description: "How many pulses had each health." });

const summaryBucket = z
  .object({
    from: time,
    to: time,
    count,
    health: healthCounts,
    p50: percentile,
    p95: percentile,
    p99: percentile,
    max: longest,
  })
  .register(named, {
    id: "SummaryBucket",
    description: `The next bucket begins at \`to\`. ${PERCENTILES}: exact up to ${EXACT_IN_ROLLUP} pulses, or where the whole span has ${EXACT_WHOLE}; otherwise within 1 %.`,
  });

const latencySummary = z
  .object({ min: latency, max: latency, mean: latency, p50: latency, p95: latency, p99: latency })
  .register(named, {
    id: "LatencySummary",
    description: `${PERCENTILES}: exact for ${EXACT_WHOLE}, otherwise within 1 %.`,
  });

const statusCount = z
  .object({
    status: z.string().nullable().describe("null for all others, which are counted together."),
    health: z.enum(HEALTHS).nullable(),
    count,
  })
  .register(named, { id: "StatusCount" });

const group = z
  .object({
    value: z.string().nullable().describe("null for pulses without the key, and for the rest."),
    is_rest: z.boolean().describe("Whether it stands for all values that have no group of their own."),
    count,
    health: healthCounts,
    latency_ms: latencySummary.nullable(),
  })
  .register(named, { id: "Group", description: "The pulses with one value." });

export const summary = z
  .object({
    service_name: z.string(),
    from: time,
    to: time,
    exact_from: time.describe(
      "From here on every pulse of the span is counted; `from`, unless the span begins before the retention. Before it whole days (UTC) are told as they were known, and `from`, `to` and the buckets are whole days.",
    ),
    count,
    health: healthCounts,
    statuses: z
      .array(statusCount)
      .describe(
        `The ${MAX_LISTED} most frequent, the most frequent first. Where a span holds more than ${MAX_COUNTED} different statuses, or a minute, an hour or a day of it more than ${MAX_COUNTED_IN_ROLLUP}, some may be missing, and rare ones are counted together.`,
      ),
    latency_ms: latencySummary.nullable(),
    groups: z
      .array(group)
      .optional()
      .describe("Where `by` was asked for: the most frequent values first, then the rest."),
    buckets: z
      .array(summaryBucket)
      .describe(
        "Oldest first, without gaps. Where each is at least a minute, an hour or a day long (UTC), the edges between them are whole ones.",
      ),
  })
  .register(named, { id: "Summary", description: "A service's pulses of a span, as a whole and over time." });

export const trends = z
  .object({
    from: time,
    to: time,
    trends: z.array(z.object({ service_name: z.string(), p95: z.array(percentile) })),
  })
  .register(named, { id: "Trends", description: "p95 by bucket, oldest first, of each service that was asked for." });

/** What is wrong with a request, or a dead letter. */
export const fault = z.object({ pointer: z.string(), rule: z.string(), got: z.string() });

export const problemView = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    errors: z.array(fault).optional(),
  })
  .register(named, { id: "Problem", description: "A problem document (RFC 9457) with the request's faults." });

export const badgeView = z
  .object({
    schemaVersion: z.literal(1),
    label: z.string().describe("The service's name, and what is shown of it where that is not its health."),
    message: z.string().describe("Its health, its uptime such as `99.95%`, or its p95 such as `12.5 ms`."),
    color: z.string(),
    labelColor: z.string(),
  })
  .register(named, { id: "Badge", description: "A badge in the schema of shields.io's endpoint badges." });

export const session = z
  .object({
    may_read: z.boolean(),
    may_change: z
      .boolean()
      .describe("Whether it may replay and correct dead letters, and remove, retire, maintain and mark services."),
    can_sign_in: z.boolean().describe("Whether a token changes what it may do."),
    is_signed_in: z.boolean(),
  })
  .register(named, { id: "Session", description: "What the one who asks may do." });

export type Session = z.infer<typeof session>;
export type ServiceView = z.infer<typeof serviceView>;
export type PlannedWorkView = z.infer<typeof plannedWork>;
export type ServiceDetail = z.infer<typeof serviceDetail>;
export type PulseView = z.infer<typeof pulseView>;
export type HealthCounts = z.infer<typeof healthCounts>;
export type SummaryBucket = z.infer<typeof summaryBucket>;
export type LatencySummary = z.infer<typeof latencySummary>;
export type Group = z.infer<typeof group>;
export type Trends = z.infer<typeof trends>;
export type Summary = z.infer<typeof summary>;
export type BadgeView = z.infer<typeof badgeView>;
