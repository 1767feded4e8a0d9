import { expect } from "vitest";
import { ARRIVAL, type Stored } from "./plan.ts";
import { type Answer, expectPulses, type Product } from "./product.ts";
import { KNOWN_SERVICES, type Query } from "./queries.ts";
import { NOW } from "./times.ts";

const HOUR_MS = 3_600_000;

/** Pulses of the known services, from now back to nearly the retention. */
export const KNOWN_PULSES: readonly Stored[] = KNOWN_SERVICES.flatMap((service_name, s) =>
  Array.from({ length: 120 }, (_, i) => ({
    service_name,
    id: `${i}`,
    source: "/pulse",
    event_time: NOW - ((i * i + s) % 680) * HOUR_MS - i,
    latency_ms: ((i * 7919) % 1000) / 4,
    status: ["ok", "404", "slow", "error", "else"][(i + s) % 5] as string,
    metadata: {},
  })),
);
const HEALTH: Readonly<Record<string, string>> = {
  ok: "up",
  "404": "up",
  slow: "degraded",
  error: "down",
  else: "unknown",
};

/** Sends the known pulses. */
export async function storeKnownPulses(product: Product): Promise<void> {
  const body = JSON.stringify(KNOWN_PULSES.map(({ source: _, metadata: __, ...fields }) => fields));
  const headers = [["content-type", "application/json"]] as const;
  const answer = await product.send(product.ingest, { method: "POST", path: "/pulse", headers }, Buffer.from(body));
  expect(answer.status, answer.body).toBe(202);
  expectPulses(await product.read(KNOWN_SERVICES), KNOWN_PULSES);
}

/** Asks, and holds each answer to what is stored. */
export async function checkQueries(product: Product, queries: readonly Query[]): Promise<void> {
  await Promise.all(
    queries.map(async (query) => {
      const headers = query.accept === undefined ? [] : ([["accept", query.accept]] as const);
      let answer: Answer;
      // pulse-query makes only some summaries and exports at one time.
      do answer = await product.get(query.target, headers);
      while (answer.status === 503 && answer.headers["retry-after"] !== undefined);
      expectAnswer(query, answer);
    }),
  );
}

function expectAnswer({ faults, about }: Query, { status, headers, body }: Answer): void {
  const answer = `${status} ${body.slice(0, 1000)}`;
  if (faults.length > 0) {
    expect(status, answer).toBe(400);
    expect(headers["content-type"]).toBe("application/problem+json");
    const { errors } = JSON.parse(body) as { errors: { pointer: string }[] };
    expect(errors.length, answer).toBeGreaterThan(0);
    for (const { pointer } of errors) expect(faults, answer).toContain(pointer);
    return;
  }
  if (about.kind === "other") {
    expect([status, headers["content-type"]], answer).toEqual([about.status, about.type]);
    return;
  }
  expect(status, answer).toBe(200);
  const { from = 0, to = Number.POSITIVE_INFINITY } = about.span;
  const timeOf = ({ event_time }: Stored) => (event_time === ARRIVAL ? Number.NaN : event_time);
  const pulses = KNOWN_PULSES.filter(
    (one) => one.service_name === about.service && timeOf(one) >= from && timeOf(one) < to,
  ).sort((one, other) => timeOf(other) - timeOf(one));
  const idsOf = (all: readonly { id: string | undefined }[]) => all.map(({ id }) => id);
  if (about.kind === "lines") {
    expect(headers["content-type"]).toBe("application/x-ndjson");
    expect(
      idsOf(
        body
          .split("\n")
          .filter(Boolean)
          .map((line) => JSON.parse(line)),
      ),
    ).toEqual(idsOf(pulses));
  } else if (about.kind === "summary") {
    expect(summaryIn(body, about.buckets), answer).toEqual(summaryOf(pulses));
  } else {
    const page = JSON.parse(body) as { pulses: { id: string }[]; cursor?: string };
    expect(idsOf(page.pulses), answer).toEqual(idsOf(pulses).slice(0, about.limit));
    if (pulses.length > about.limit) expect(page.cursor, answer).toBeTypeOf("string");
    if (pulses.length < about.limit) expect(page.cursor, answer).toBeUndefined();
  }
}

/** What a summary says, once as a whole and once as the sum of its buckets. */
function summaryIn(body: string, most: number) {
  const { count, health, latency_ms, statuses, buckets } = JSON.parse(body);
  expect(buckets.length).toBeLessThanOrEqual(most);
  let inBuckets = 0;
  for (const [i, bucket] of buckets.entries()) {
    inBuckets += bucket.count;
    expect(bucket.to).toBe(buckets[i + 1]?.from ?? bucket.to);
    expect(bucket.from < bucket.to).toBe(true);
  }
  const { min, max, p50, p95, p99 } = latency_ms ?? {};
  const byStatus = Object.fromEntries(
    statuses.map((one: { status: string; count: number }) => [one.status, one.count]),
  );
  return { count, inBuckets, health, statuses: byStatus, latency: [min, max, p50, p95, p99] };
}

function summaryOf(pulses: readonly Stored[]): ReturnType<typeof summaryIn> {
  const sorted = pulses.map(({ latency_ms }) => latency_ms).sort((one, other) => one - other);
  const nearest = (percent: number) => sorted[Math.ceil((percent * sorted.length) / 100) - 1];
  const health: Record<string, number> = { up: 0, degraded: 0, down: 0, unknown: 0 };
  const statuses: Record<string, number> = {};
  for (const { status } of pulses) {
    statuses[status] = (statuses[status] ?? 0) + 1;
    health[HEALTH[status] as string] = (health[HEALTH[status] as string] ?? 0) + 1;
  }
  const { length: count } = pulses;
  return {
    count,
    inBuckets: count,
    health,
    statuses,
    latency: [sorted[0], sorted.at(-1), nearest(50), nearest(95), nearest(99)],
  };
}
