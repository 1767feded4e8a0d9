import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { DAY_MS } from "../events/time.ts";
import { openSqlitePulseStore, type SqlitePulseStore } from "../storage/sqlite/pulse-store.ts";
import { pulseOf } from "../storage/testing/pulses.ts";
import { store } from "../storage/testing/read-back.ts";
import { temporaryFolder } from "../storage/testing/temporary-folder.ts";
import { floorTo, HOUR_MS } from "../storage/tiers.ts";
import { runHistoryCommand } from "./cli.ts";
import { History } from "./history.ts";
import { Rolling, rollAll } from "./roller.ts";
import { Rollup } from "./rollup.ts";

const RETENTION_MS = 30 * DAY_MS;
const NOW = floorTo(HOUR_MS, Date.now());
/** From here on, 12 pulses in each hour. */
const START = NOW - 10 * DAY_MS;
const EVER = { from: NOW - RETENTION_MS, to: NOW };

let folder: string;
let own: SqlitePulseStore;
let history: History;
/** Beginnings of the spans whose pulses were read. */
let read: number[];

beforeEach(async () => {
  folder = temporaryFolder();
  own = openSqlitePulseStore({ file: join(folder, "pulses.db"), maxBytes: 2 ** 28, retentionMs: RETENTION_MS });
  onTestFinished(() => own.close());
  read = [];
  const reader = {
    measures(...[service, span]: Parameters<SqlitePulseStore["measures"]>) {
      read.push(span.from);
      return own.measures(service, span);
    },
  };
  history = new History({ reader, rollups: own.rollups, retentionMs: RETENTION_MS, now: Date.now });
  for (const service of ["a", "b"]) {
    const pulses = Array.from({ length: 10 * 24 * 12 }, (_, i) =>
      pulseOf({ service_name: service, event_time: START + (i * HOUR_MS) / 12 }),
    );
    await store(own, pulses);
  }
});

const options = (signal = new AbortController().signal) => ({
  history,
  reader: own,
  retentionMs: RETENTION_MS,
  now: Date.now,
  signal,
});

async function expectRolled(): Promise<void> {
  for (const service of ["a", "b"]) {
    read = [];
    const { parts } = await history.read(service, [{ from: START, to: floorTo(DAY_MS, NOW) }]);
    expect(parts[0]?.latencies.count).toBe((floorTo(DAY_MS, NOW) - START) / (HOUR_MS / 12));
    expect(read).toEqual([]);
  }
}

describe("rolling all", () => {
  it("begins with the newest week of every service, and leaves nothing to read", async () => {
    const rolled: string[] = [];
    await rollAll({ ...options(), onRolled: (service, from) => rolled.push(`${service} ${from >= NOW - 8 * DAY_MS}`) });
    expect(rolled.slice(0, 3)).toEqual(["a true", "b true", "a false"]);
    expect(rolled).toHaveLength(2 * Math.ceil(RETENTION_MS / (7 * DAY_MS)));
    await expectRolled();
  });

  it("goes on where it was interrupted", async () => {
    const leaving = new AbortController();
    const stopped = rollAll({ ...options(leaving.signal), onRolled: () => leaving.abort(new Error("stopped")) });
    await expect(stopped).rejects.toThrow("stopped");
    read = [];
    await rollAll(options());
    const again = read.filter((from) => from >= NOW - 5 * DAY_MS && from < NOW - DAY_MS);
    // Only the service whose newest week was not rolled.
    expect(again).toHaveLength(new Set(again).size);
    await expectRolled();
  });
});

describe("rolling in the background", () => {
  it("rolls all, then goes on until it is stopped, and tells what stops a pass", async () => {
    const failures: unknown[] = [];
    let names = 0;
    const reader = {
      names() {
        if (++names === 2) throw new Error("away");
        return own.names();
      },
    };
    const onFailure = (error: unknown) => failures.push(error);
    const rolling = new Rolling({ ...options(), reader, everyMs: 10, rest: 0, onFailure });
    await vi.waitFor(expectRolled);
    await vi.waitFor(() => expect(failures).toMatchObject([{ message: "away" }]));
    await rolling.stop();
    const after = names;
    await new Promise(setImmediate);
    expect(names).toBe(after);
  });
});

describe("npm run history", () => {
  async function run(...args: string[]) {
    const [said, complaints]: string[][] = [[], []];
    const io = { say: (line: string) => said?.push(line), complain: (line: string) => complaints?.push(line) };
    const signal = new AbortController().signal;
    const code = await runHistoryCommand(args, { env: { PULSE_DATA_DIR: folder }, signal, ...io });
    // A slow machine sees progress as well.
    return { code, text: (code === 2 ? complaints : said)?.join("\n") };
  }

  it("rolls, counts and verifies, and names what differs from the pulses", async () => {
    expect(await run("status")).toMatchObject({ code: 0, text: expect.stringContaining("hours: 0 kept") });
    expect(await run("roll")).toEqual({ code: 0, text: "rolled: 2 services" });
    expect((await run("status", "a")).text).toMatch(
      /^1 services.*\nminutes: 0 kept.*\nhours: 2\d\d kept, \d+ bytes, 0 of/,
    );
    expect(await run("verify")).toEqual({
      code: 0,
      text: expect.stringMatching(/^verified: [45]\d\d rollups of 2 services, 0 differences$/),
    });
    await store(own, [pulseOf({ service_name: "a", event_time: START + 1 })]);
    expect((await run("status", "a")).text).toMatch(/hours: 2\d\d kept, \d+ bytes, 1 of them out of date/);
    expect((await run("verify")).code).toBe(0);
    const wrong = new Rollup();
    wrong.add(1, "ok");
    const marks = await own.rollups.marks("b", EVER);
    const seen = { start: START, seen: "", value: wrong.freeze() };
    await own.rollups.keep("b", "hour", [seen], marks);
    const { code, text } = await run("verify");
    expect(code).toBe(1);
    expect(text).toContain(`b: the hour of ${new Date(START).toISOString()} is kept with 1 pulses, and has 12`);
    expect(text).toMatch(/1 differences$/);
  });

  it.each([
    [["--help"], 0, /^Usage: npm run history/],
    [[], 2, /Expected roll, verify, status or backtest, got none/],
    [["rol"], 2, /Expected roll, verify, status or backtest, got rol/],
    [["roll", "--fast"], 2, /Unknown option '--fast'/],
  ])("understands %j", async (args, code, text) => {
    expect(await run(...args)).toEqual({ code, text: expect.stringMatching(text) });
  });
});
