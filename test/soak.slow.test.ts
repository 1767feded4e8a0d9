// Hours of what a day brings: good, greedy, slow and rude clients, and processes that are killed, Cassandra too. SOAK_MINUTES says how
// long (60), STORE=cassandra on what. Memory and file handles stay flat, nothing acknowledged is lost or stored twice, no answer is a
// 5xx but 503, and the list of services is right throughout. Clients that vanish see no answer.
import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { CassandraNode } from "../local/cassandra/node.ts";
import { makeKeyspace } from "../storage/testing/keyspace.ts";
import { type OwnCassandra, startOwnCassandra } from "./cassandra/own-cassandra.ts";
import { startPlatformOn } from "./cassandra/platform-store.ts";
import { LoadClient } from "./load/client.ts";
import { Outage } from "./load/outage.ts";
import { readSlowly, sendGarbage, sendSlowly, vanish } from "./load/rough.ts";
import { shownWrongly } from "./load/shown-list.ts";
import { type Platform, type Role, startPlatform, until } from "./platform.ts";
import { isDelivered, readAll, replayUndelivered } from "./read-back.ts";
import { handlesOf, residentBytes } from "./resident.ts";

const MINUTE = 60_000;
const LENGTH_MS = Number(process.env.SOAK_MINUTES ?? 60) * MINUTE;
const ROLES: readonly Role[] = [
  "pulse-ingest",
  "broker",
  "pulse-persist",
  "pulse-query",
  "pulse-deadletter",
  "pulse-health",
];
const GOOD = 8;
/** A process counts once it is so old: before, it is still growing to its size. */
const GROWN_MS = 30_000;
/** In an hour each quarter has many processes. In less, chance says more about them. */
const MAX_GROWTH = LENGTH_MS >= 60 * MINUTE ? 1.05 : 1.25;
/** How long the broker may take for what waits in it. */
const DELIVERY_MS = 20 * MINUTE;
const HEADERS = { "content-type": "application/json" };

interface Sample {
  role: Role;
  quarter: number;
  bytes: number;
  handles: number;
}

let own: OwnCassandra | undefined;
let platform: Platform;
beforeAll(async () => {
  if (process.env.STORE === "cassandra") {
    own = await startOwnCassandra({ commitlogSync: "batch" });
    await makeKeyspace(own.settings);
    platform = await startPlatformOn(own.settings);
  } else platform = await startPlatform();
}, 600_000);
afterAll(async () => {
  await platform?.dispose();
  await own?.cassandra.stop();
}, 120_000);

const statuses = new Map<number, number>();
const note = (status: number) => statuses.set(status, (statuses.get(status) ?? 0) + 1);
/** Of the answers to greedy clients only the kinds are known. */
const toGreedy = new Set<number>();
const samples: Sample[] = [];
const wrong: string[] = [];
/** How many pulses of each good service are acknowledged: their ids are 0, 1, 2, … */
const acked: number[] = Array(GOOD).fill(0);
let startedAt = 0;
const outage = new Outage();
let signal: AbortSignal;

const again = async (pauseMs: number, work: () => Promise<unknown>) => {
  while (!signal.aborted) {
    await work();
    await delay(Math.random() * 2 * pauseMs);
  }
};

/** Sends pulses until each is acknowledged. */
async function beGood(number: number): Promise<void> {
  const client = new LoadClient(`127.0.1.${number + 1}`);
  await again(100, async () => {
    const id = String(acked[number]);
    const pulse = { service_name: `good-${number}`, latency_ms: 1, status: "ok", id, event_time: Date.now() };
    const body = JSON.stringify(pulse);
    for (let status = 0; status !== 202; await delay(status === 202 ? 0 : 200)) {
      ({ status } = await client.ask(platform.ingest, { method: "POST", path: "/pulse", headers: HEADERS, body }));
      note(status);
      if (![202, 0, 408, 429, 503].includes(status)) wrong.push(`a good pulse got ${status}`);
      if (status !== 202 && signal.aborted) return;
    }
    acked[number] = Number(id) + 1;
  });
  client.close();
}

async function read(number: number): Promise<void> {
  const client = new LoadClient(`127.0.2.${number + 1}`);
  const paths = [
    "/services",
    `/services/good-${number}`,
    `/services/good-${number}/summary?buckets=60`,
    "/dead-letters?limit=20",
    "/incidents?state=open",
  ];
  await again(500, async () =>
    note((await client.ask(platform.query, { path: paths[randomInt(paths.length)] as string })).status),
  );
  client.close();
}

/** Looks at what the page shows. A process that was just killed may be late. */
async function watchList(): Promise<void> {
  const client = new LoadClient("127.0.3.1");
  let late = 0;
  await again(5000, async () => {
    const { status, body } = await client.ask(platform.query, { path: "/services" });
    note(status);
    if (status !== 200) return;
    if (shownWrongly(body, true).length === 0) outage.noteCurrent();
    const [first] = shownWrongly(body, outage.isSettled);
    late = first === undefined ? 0 : late + 1;
    if (late === 6) wrong.push(`for half a minute the list showed ${JSON.stringify(first)}`);
  });
  client.close();
}

async function beGreedyNowAndThen(): Promise<void> {
  let child: ChildProcess | undefined;
  signal.addEventListener("abort", () => child?.kill("SIGKILL"));
  await again(30_000, async () => {
    const args = ["test/load/greedy.ts", platform.ingest, platform.query, "127.0.0.2", "greedy"];
    child = spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    child.on("message", (status) => toGreedy.add(status as number));
    await delay(30_000, undefined, { signal }).catch(() => undefined);
    child.kill("SIGKILL");
  });
}

async function killAtRandom(): Promise<void> {
  // Of the quarters that are compared, the second and the last, each comes after one.
  const quarters = own === undefined ? [] : [0, 2];
  await again(45_000, async () => {
    await delay(20_000, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    if (quarterNow() === quarters[0]) {
      quarters.shift();
      await outage.make(own?.cassandra.nodes[0] as CassandraNode);
    } else await platform.kill(ROLES[randomInt(ROLES.length)] as Role);
  });
}

const quarterNow = () => Math.min(3, Math.floor((4 * (performance.now() - startedAt)) / LENGTH_MS));

async function sample(): Promise<void> {
  const bornAt = new Map<number, number>();
  await again(2500, async () => {
    const now = performance.now();
    for (const [role, pid] of platform.pids) {
      bornAt.set(pid, bornAt.get(pid) ?? now);
      if (now - (bornAt.get(pid) as number) < GROWN_MS) continue;
      try {
        samples.push({ role, quarter: quarterNow(), bytes: residentBytes(pid), handles: handlesOf(pid) });
      } catch {
        // It was killed at this moment.
      }
    }
  });
}

const medianOf = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const ofRole = (role: Role, quarter: number) => samples.filter((one) => one.role === role && one.quarter === quarter);

function tell(): void {
  const minutes = ((performance.now() - startedAt) / MINUTE).toFixed(1);
  const sizes = ROLES.map((role) => {
    const newest = samples.findLast((one) => one.role === role);
    return newest === undefined ? `${role} –` : `${role} ${Math.round(newest.bytes / 1e6)} MB/${newest.handles}`;
  });
  const seen = [...statuses].sort().map(([status, count]) => `${status}: ${count}`);
  console.log(
    `${minutes} min, ${acked.reduce((a, b) => a + b)} acknowledged; ${sizes.join(", ")}; answers ${seen.join(", ")}`,
  );
}

it(
  "stays well",
  async () => {
    signal = AbortSignal.timeout(LENGTH_MS);
    startedAt = performance.now();
    const teller = setInterval(tell, MINUTE);
    const many = (count: number, work: (i: number) => Promise<unknown>) =>
      Array.from({ length: count }, (_, i) => work(i));
    await Promise.all([
      ...many(GOOD, beGood),
      ...many(GOOD, read),
      watchList(),
      beGreedyNowAndThen(),
      ...many(4, () => again(200, () => sendGarbage(platform, note))),
      ...many(4, () => again(200, () => vanish(platform))),
      ...many(4, () => again(1000, () => sendSlowly(platform, note))),
      ...many(2, () => again(1000, () => readSlowly(platform, "/services/greedy/pulses", 10_000, note))),
      killAtRandom(),
      sample(),
    ]);
    clearInterval(teller);
    tell();

    // The greedy send more than the store takes, and what the good have sent stands behind it.
    await until("the broker to have made every delivery", () => isDelivered(platform), DELIVERY_MS);
    for (const [number, count] of acked.entries()) {
      let ids: string[] = [];
      await until(`good-${number} to have its ${count} pulses`, async () => {
        await replayUndelivered(platform);
        ids = (await readAll(platform, `good-${number}`)).map(({ id }) => id);
        return ids.length >= count;
      });
      // One more may be stored whose answer was lost when time was up.
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids.length - count).toBeLessThanOrEqual(1);
    }
    expect(wrong).toEqual([]);
    expect(toGreedy).toContain(200);
    expect([...statuses.keys(), ...toGreedy].filter((status) => status >= 500 && status !== 503)).toEqual([]);
    for (const role of ROLES) {
      const [second, last] = [ofRole(role, 1), ofRole(role, 3)];
      expect.soft([second, last], `samples of ${role}`).not.toContainEqual([]);
      // Handles come and go with clients: what leaks raises the most there are.
      const sizes = [
        ["bytes", ...[second, last].map((some) => medianOf(some.map(({ bytes }) => bytes)))],
        ["handles", ...[second, last].map((some) => Math.max(...some.map(({ handles }) => handles)))],
      ] as [string, number, number][];
      for (const [what, before, after] of sizes) {
        console.log(`${role}: ${what} ${before} in the second quarter, ${after} in the last`);
        expect.soft(after, `${what} of ${role}`).toBeLessThanOrEqual(MAX_GROWTH * before);
      }
    }
  },
  LENGTH_MS + DELIVERY_MS + 20 * MINUTE,
);
