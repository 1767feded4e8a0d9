import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { OWN_SERVICE } from "../events/own-service.ts";
import { openSqlitePulseStore, type SqlitePulseStore } from "../storage/sqlite/pulse-store.ts";
import { pulseOf } from "../storage/testing/pulses.ts";
import { store } from "../storage/testing/read-back.ts";
import { temporaryFolder } from "../storage/testing/temporary-folder.ts";
import { floorTo, HOUR_MS } from "../storage/tiers.ts";
import { runBacktestCommand } from "./backtest-cli.ts";
import { BLIND_AFTER_MS } from "./blindness.ts";

const MINUTE = 60_000;
/** From here on, a pulse a minute for two days. */
const START = floorTo(HOUR_MS, Date.now()) - 60 * HOUR_MS;
const at = (minutes: number) => new Date(START + minutes * MINUTE).toISOString();

let folder: string;

beforeEach(async () => {
  folder = temporaryFolder();
  const statuses: Record<number, string> = { 300: "503", 301: "503", 500: "503", 1600: "503", 1601: "\u001b[2Jbad" };
  const pulses = Array.from({ length: 48 * 60 }, (_, i) =>
    pulseOf({ service_name: "checkout", event_time: START + i * MINUTE, status: statuses[i] ?? "ok" }),
  );
  const quiet = pulseOf({ service_name: "quiet", event_time: START });
  await withStore((own) => store(own, [...pulses, quiet, ...ownPulses(START, Date.now())]));
});

/** Opens the store for some work. */
async function withStore(work: (own: SqlitePulseStore) => Promise<void>): Promise<void> {
  const file = join(folder, "pulses.db");
  const own = openSqlitePulseStore({ file, maxBytes: 2 ** 28, retentionMs: 30 * 24 * HOUR_MS });
  await work(own);
  await own.close();
}

/** What pulse-health stores of itself while it runs. */
function ownPulses(from: number, to: number) {
  return Array.from({ length: Math.ceil((to - from) / BLIND_AFTER_MS) }, (_, i) =>
    pulseOf({ service_name: OWN_SERVICE, event_time: from + i * BLIND_AFTER_MS }),
  );
}

async function run(...args: string[]) {
  const [said, complaints]: [string[], string[]] = [[], []];
  const io = { say: (line: string) => said.push(line), complain: (line: string) => complaints.push(line) };
  const env = { PULSE_DATA_DIR: folder };
  const code = await runBacktestCommand(args, { env, signal: new AbortController().signal, ...io });
  return { code, lines: code === 0 ? said : complaints.flatMap((line) => line.split("\n")) };
}

function settings(text: string): string {
  const file = join(folder, "strict.yaml");
  writeFileSync(file, text);
  return file;
}

describe("npm run history -- backtest", () => {
  it("says which incidents both settings make, and which only one of them", async () => {
    const file = settings(
      "- { services: check*, least_pulses: 1, down_share: 60%, period: 10min }\n- { services: '*', grace: 1h }",
    );
    const { code, lines } = await run("--settings", file, "--from", at(0), "--to", at(45 * 60), "checkout");
    expect(lines).toEqual([
      `checkout - ${at(300)} for 2 min: down, 2 of 3 pulses said 503`,
      `checkout + ${at(300)} for 2 min: degraded, 2 of 15 pulses said 503`,
      "1 services: 1 incidents as it is set now, 1 by strict.yaml",
    ]);
    expect(code).toBe(0);
  });

  it("marks what stays with =, shows what lasts, and takes the last week of all services", async () => {
    const { lines } = await run("--settings", settings("- { services: quiet, period: 1h }"));
    expect(lines).toEqual([
      `checkout = ${at(300)} for 2 min: down, 2 of 3 pulses said 503`,
      expect.stringMatching(`^checkout = ${at(48 * 60)} lasts: late, no pulse for 4 min`),
      `quiet + ${at(60)} lasts: late, no pulse for 2 h, where one usually comes within 1 h`,
      "2 services: 2 incidents as it is set now, 3 by strict.yaml",
    ]);
  });

  it("leaves out what is maintenance or retired", async () => {
    const planned = `{ from: ${at(290)}, to: ${at(310)} }`;
    const file = settings(`- { services: checkout, maintenance: [${planned}] }\n- { services: quiet, retired: true }`);
    const { lines } = await run("--settings", file, "--to", at(47 * 60));
    expect(lines.at(-1)).toBe("2 services: 1 incidents as it is set now, 0 by strict.yaml");
  });

  it("takes silence for nothing while PulseMesh itself stored nothing", async () => {
    await withStore(async (own) => {
      const pulses = Array.from({ length: 20 }, (_, i) =>
        pulseOf({ service_name: "shop", event_time: START + (i < 10 ? i : i + 60) * MINUTE }),
      );
      await own.forget([OWN_SERVICE]);
      const before = ownPulses(START, START + 9 * MINUTE);
      await store(own, [...pulses, ...before, ...ownPulses(START + 70 * MINUTE, START + 90 * MINUTE)]);
    });
    const file = settings("- { services: nothing }");
    const to = at(79.5);
    const { lines } = await run("--settings", file, "--from", at(0), "--to", to, "shop");
    expect(lines).toEqual(["1 services: 0 incidents as it is set now, 0 by strict.yaml"]);
  });

  it("counts what the API has set beside either file", async () => {
    await withStore(async ({ health }) => {
      await health.retire("quiet", true);
      const work = { from: START + 290 * MINUTE, to: START + 310 * MINUTE, reason: "a disk" };
      await health.plan("checkout", work);
    });
    const file = settings("- { services: quiet, period: 1h }");
    const { lines } = await run("--settings", file, "--to", at(47 * 60));
    expect(lines).toEqual(["2 services: 0 incidents as it is set now, 0 by strict.yaml"]);
  });

  it.each<[args: string[], code: number, line: RegExp]>([
    [["--help"], 0, /^Usage: npm run history -- backtest/],
    [[], 2, /^Expected --settings FILE, got none. See --help.$/],
    [["--settings", "x", "--from", "soon"], 2, /^--from: Expected an RFC 3339 time/],
    [
      ["--settings", "x", "--from", "2026-01-02T00:00:00Z", "--to", "2026-01-01T00:00:00Z"],
      2,
      /^Expected --from before --to/,
    ],
    [
      ["--settings", "/nowhere/x.yaml"],
      2,
      /^--settings: Expected a file that can be read, got \/nowhere\/x.yaml: there is none$/,
    ],
  ])("understands %j", async (args, code, line) => {
    expect(await run(...args)).toEqual({ code, lines: expect.arrayContaining([expect.stringMatching(line)]) });
  });

  it("names each fault of the settings", async () => {
    const { code, lines } = await run("--settings", settings("- { services: a, period: x }\n- 5"));
    expect(code).toBe(2);
    expect(lines).toEqual([
      expect.stringMatching(/^--settings: .*strict.yaml, line 1, \[0\].period: Expected a duration/),
      expect.stringMatching(/line 2, \[1\]: Expected an entry/),
    ]);
  });
});
