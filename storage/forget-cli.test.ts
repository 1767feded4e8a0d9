import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { DAY_MS } from "../events/time.ts";
import { runForgetCommand } from "./forget-cli.ts";
import { openSqlitePulseStore } from "./sqlite/pulse-store.ts";
import { seriesOf } from "./testing/pulses.ts";
import { readLatest, readPages, store } from "./testing/read-back.ts";

async function openFolder(...services: string[]) {
  const folder = mkdtempSync(join(tmpdir(), "pulse-forget-"));
  const file = join(folder, "pulses.db");
  const own = openSqlitePulseStore({ file, maxBytes: 2 ** 30, retentionMs: 30 * DAY_MS });
  onTestFinished(async () => {
    await own.close();
    rmSync(folder, { recursive: true });
  });
  for (const service of services) await store(own, seriesOf(service, 3, 1000));
  const lines: string[] = [];
  const say = (line: string) => void lines.push(line);
  const run = (args: string[], answer?: string) =>
    runForgetCommand(args, {
      env: { PULSE_DATA_DIR: folder },
      say,
      complain: say,
      ask: answer === undefined ? undefined : async () => answer,
    });
  const left = async () => (await readLatest(own)).map(({ service_name }) => service_name);
  return { own, run, left, lines };
}

it("forgets services by name and by the beginning of names, beside an open store", async () => {
  const { own, run, left, lines } = await openFolder("a", "ab", "b", "checkout/1", "checkout/2");
  expect(await run(["a", "checkout*", "never", "--yes"])).toBe(0);
  expect(lines).toEqual(["forgotten: checkout/1, checkout/2, a"]);
  expect(await left()).toEqual(["ab", "b"]);
  await store(own, seriesOf("a", 3, 1000));
  expect(await readPages(own, "a")).toHaveLength(3);
});

it("asks first, and removes nothing without a yes", async () => {
  const { run, left, lines } = await openFolder("a", "b");
  expect(await run(["a"])).toBe(2);
  expect(await run(["a"], "no")).toBe(2);
  expect(lines).toEqual([expect.stringContaining("Expected --yes"), expect.stringContaining("Expected yes")]);
  expect(await left()).toEqual(["a", "b"]);
  expect(await run(["a"], "yes")).toBe(0);
  expect(await left()).toEqual(["b"]);
});

it("says what is wrong with the command, and that there is no such service", async () => {
  const { run, lines } = await openFolder("a");
  expect(await run(["never", "--yes"])).toBe(0);
  expect(await run([])).toBe(2);
  expect(await run(["a", "--force"])).toBe(2);
  expect(await run(["--help"])).toBe(0);
  expect(lines).toEqual([
    "there is no such service",
    expect.stringContaining("Expected the name of a service"),
    expect.stringContaining("--force"),
    expect.stringContaining("Usage: npm run forget"),
  ]);
  const complain = (line: string) => void lines.push(line);
  const none = { env: { PULSE_DATA_DIR: "/nowhere\u001b[2J" }, say: () => {}, complain, ask: undefined };
  expect(await runForgetCommand(["a", "--yes"], none)).toBe(2);
  expect(lines.at(-1)).toBe("Expected a store in /nowhere\\u001b[2J/pulses.db, got none: set PULSE_DATA_DIR");
});
