import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import { DAY_MS } from "../events/time.ts";
import { History } from "../history/history.ts";
import { rollAll } from "../history/roller.ts";
import { verifyService } from "../history/verify.ts";
import { openSqlitePulseStore } from "../storage/sqlite/pulse-store.ts";
import { temporaryFolder } from "../storage/testing/temporary-folder.ts";

const PULSES = 50_000;
const ROUNDS = 10;
const SERVICES = ["a", "b", "c"];
const RETENTION_MS = 30 * DAY_MS;

const url = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);

/** Writes pulses from a number on, a third of them late by up to the retention, and prints how many are stored. */
const WRITER = `
  import { writeSync } from "node:fs";
  import { openSqlitePulseStore } from ${url("../storage/sqlite/pulse-store.ts")};
  const [options, from] = JSON.parse(process.argv[1]);
  const store = openSqlitePulseStore(options);
  for (let next = from; next < ${PULSES}; next += 100) {
    const pulses = Array.from({ length: 100 }, (_, i) => {
      const n = next + i;
      const late = n % 3 === 0 ? ((n * 7919) % 1000) * ${RETENTION_MS / 1000 - 5} : (n % 50) * 1000;
      return { service_name: "abc"[n % 7 % 3], event_time: Math.floor(options.base - late), latency_ms: n % 97,
        status: n % 10 === 0 ? "503" : "ok", id: String(n), source: "/kill" };
    });
    if ((await store.write(pulses)).kind !== "stored") next -= 100;
    else writeSync(1, next + 100 + "\\n");
  }
  await store.close();`;

/** Rolls and asks, again and again, and prints a line after each service. */
const ROLLER = `
  import { writeSync } from "node:fs";
  import { openSqlitePulseStore } from ${url("../storage/sqlite/pulse-store.ts")};
  import { History } from ${url("../history/history.ts")};
  import { rollAll } from ${url("../history/roller.ts")};
  const [options] = JSON.parse(process.argv[1]);
  const store = openSqlitePulseStore(options);
  const history = new History({ reader: store, rollups: store.rollups, retentionMs: options.retentionMs, now: Date.now });
  const signal = new AbortController().signal;
  for (;;) {
    const onRolled = () => writeSync(1, "rolled\\n");
    await rollAll({ history, reader: store, retentionMs: options.retentionMs, now: Date.now, signal, onRolled });
  }`;

function start(script: string, ...values: unknown[]): ChildProcess {
  const args = ["--input-type=module", "-e", script, JSON.stringify(values)];
  return spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
}

/** Reads a child's lines and kills it after some of them, or when all is written. Gives the last line. */
async function killAfter(child: ChildProcess, lines: number, isDone: () => boolean = () => false): Promise<string> {
  const exit = once(child, "exit");
  let last = "";
  for await (const line of createInterface({ input: child.stdout as NonNullable<ChildProcess["stdout"]> })) {
    last = line;
    if (--lines === 0 || isDone()) child.kill("SIGKILL");
  }
  await exit;
  return last;
}

it.each(Array.from({ length: ROUNDS }, (_, i) => [i + 1]))(
  "killed writers and rollers leave nothing wrong: round %i",
  async (round) => {
    const options = {
      file: join(temporaryFolder(), "pulses.db"),
      maxBytes: 2 ** 28,
      retentionMs: RETENTION_MS,
      base: Date.now(),
    };
    let stored = 0;
    let kills = 0;
    const write = async () => {
      while (stored < PULSES) {
        const last = await killAfter(start(WRITER, options, stored), 20 + ((kills++ * 31 + round) % 90));
        stored = Math.max(stored, Number(last));
      }
    };
    const roll = async (seed: number) => {
      while (stored < PULSES) {
        await killAfter(start(ROLLER, options), 1 + ((kills++ * 17 + seed) % 25), () => stored >= PULSES);
      }
    };
    await Promise.all([write(), roll(round), roll(round + 5)]);
    const store = openSqlitePulseStore(options);
    const asked = { reader: store, rollups: store.rollups, retentionMs: RETENTION_MS, now: Date.now };
    const history = new History(asked);
    let count = 0;
    let compared = 0;
    for (const service of SERVICES) {
      // As the last kill has left it, and once all is rolled up that late pulses have made out of date.
      expect((await verifyService(service, asked)).differences).toEqual([]);
      await rollAll({ ...asked, history, reader: store, signal: new AbortController().signal });
      const verified = await verifyService(service, asked);
      expect(verified.differences).toEqual([]);
      compared += verified.compared;
      const { parts } = await history.read(service, [{ from: 0, to: Date.now() + 1000 }]);
      count += parts[0]?.latencies.count ?? 0;
    }
    expect(count).toBe(PULSES);
    expect(compared).toBeGreaterThan(300);
    expect(kills).toBeGreaterThan(10);
    await store.close();
  },
);
