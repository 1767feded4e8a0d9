// Forgets services. A deletion in Cassandra hides what has the same or an earlier writetime, also when it is written later,
// and a pulse that is sent again has its former writetime. So forgetting begins an era (eras.ts): what later eras write lies
// above it (write-times.ts), and every process knows of the era before the first deletion.
//
// The row of `latest_pulse_by_service` stays until it expires, without a pulse: a deletion would hide earlier pulses that are
// sent again. Readers of such a row look for the service's newest pulse, and find none.
import { setTimeout as delay } from "node:timers/promises";
import pLimit from "p-limit";
import { END_OF_TIME_MS } from "../../events/time.ts";
import { floorTo, HOUR_MS, TIERS } from "../tiers.ts";
import { type Cql, pagesOf } from "./cql.ts";
import { ERA_KNOWN_MS, type Eras } from "./eras.ts";
import type { LateMarks } from "./late-marks.ts";
import { bucketOf, type PulseTables } from "./pulse-row.ts";
import { forgettingTimeOf, forgettingTimeOfBucket } from "./write-times.ts";

export interface ForgetOptions {
  tables: PulseTables;
  /** What is kept beside pulses. */
  kept: readonly { forget(client: Cql, service: string): Promise<void> }[];
  eras: Eras;
  marks: LateMarks;
  onForgotten: (service: string) => void;
}

/** How long a write may be under way: the server gives up on it after 2 s. */
const UNDER_WAY_MS = 3000;
const PAGE_ROWS = 1000;
/** Identities whose claims are looked for at one time. */
const CONCURRENCY = 32;

/** Removes services that were written up to now. @throws {StoreError} */
export async function forgetServices(services: readonly string[], options: ForgetOptions): Promise<void> {
  const { tables, kept, eras, marks, onForgotten } = options;
  const { client } = await tables.session.insist();
  const era = await eras.begin(client);
  // From now on every write begins in the new era, and those of the era before have their answers.
  await delay(ERA_KNOWN_MS + UNDER_WAY_MS);
  for (const service of services) {
    await forgetService(service, era, tables, marks);
    for (const one of kept) await one.forget(client, service);
    onForgotten(service);
  }
}

async function forgetService(
  service: string,
  era: number,
  { session, statements }: PulseTables,
  marks: LateMarks,
): Promise<void> {
  const { client, bucketMs } = await session.insist();
  await forgetLatest(service, client, statements);
  const newest = bucketOf(END_OF_TIME_MS, bucketMs);
  const index = { query: statements.listBuckets, params: [service, 0, newest] };
  const limit = pLimit(CONCURRENCY);
  for await (const rows of pagesOf(client, index, () => PAGE_ROWS)) {
    for (const row of rows) {
      const bucket = (row.bucket as Date).getTime();
      const identities = { query: statements.identities, params: [service, bucket] };
      for await (const page of pagesOf(client, identities, () => PAGE_ROWS)) {
        await limit.map(page, ({ event_source: source, event_id: id }) =>
          forgetClaims([service, source, id], era, client, statements),
        );
      }
      await client.execute(statements.forgetRows, [forgettingTimeOfBucket(bucket, { bucketMs, era }), service, bucket]);
      // What somebody rolls up of the pulses that are gone has not seen the mark.
      await marks.mark(client, service, hoursOf(bucket, bucketMs));
      // Last, so that a call which was interrupted finds what is left.
      await client.execute(statements.forgetBucket, [forgettingTimeOf(bucket, { era }), service, bucket]);
    }
  }
  for (const tier of Object.keys(TIERS)) await client.execute(statements.forgetRollups, [service, tier]);
}

/** The hours that a bucket touches. */
function hoursOf(bucket: number, bucketMs: number): number[] {
  const first = floorTo(HOUR_MS, bucket);
  return Array.from({ length: Math.ceil((bucket + bucketMs - first) / HOUR_MS) }, (_, i) => first + i * HOUR_MS);
}

// Few pulses have a claim, and a deletion costs more than a look.
async function forgetClaims(
  identity: readonly [service: string, source: string, id: string],
  era: number,
  client: Cql,
  { listClaims, forgetClaim }: PulseTables["statements"],
): Promise<void> {
  const { rows } = await client.execute(listClaims, [...identity]);
  for (const { claimed_time } of rows) {
    const time = (claimed_time as Date).getTime();
    await client.execute(forgetClaim, [forgettingTimeOf(time, { era }), ...identity, time]);
  }
}

async function forgetLatest(service: string, client: Cql, statements: PulseTables["statements"]): Promise<void> {
  const latest = (await client.execute(statements.latestWrite, [service])).first();
  if (latest === null || latest.ttl === null) return;
  // Of two writes with one writetime, Cassandra keeps the one without a value.
  await client.execute(statements.setLatest, [service, null, latest.ttl, latest.writetime]);
}
