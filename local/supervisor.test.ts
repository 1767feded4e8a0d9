import { writeFileSync } from "node:fs";
import { pino } from "pino";
import { expect, it, onTestFinished, vi } from "vitest";
import type { PlannedProcess } from "./plan.ts";
import { Supervisor } from "./supervisor.ts";
import { openMemoryOutput } from "./testing/output.ts";
import { isRunning, type TestProgram, writeProgram } from "./testing/program.ts";
import { temporaryFolder } from "./testing/temporary-folder.ts";

function planOf(program: TestProgram, stopRank: number, sources: string[] = []): PlannedProcess {
  const { file, env, port } = program;
  return { name: String(env.NAME), args: [file], env, port, portVariable: "X", sources, stopRank };
}

function supervise(plan: PlannedProcess[]) {
  const output = openMemoryOutput();
  const logLines: Record<string, unknown>[] = [];
  const log = pino({}, { write: (line: string) => logLines.push(JSON.parse(line)) });
  const supervisor = new Supervisor({ plan, output, log, stopGraceMs: 10_000, readyPath: "/" });
  onTestFinished(() => supervisor.kill());
  return { supervisor, output, logLines };
}

it("starts all processes, and stops senders before receivers", async () => {
  const folder = temporaryFolder();
  // Notes that it was asked to stop, and stays until it is killed.
  const held = { folder, more: `process.on("SIGTERM", () => note("stop"));` };
  const ingest = await writeProgram("ingest", held);
  const broker = await writeProgram("broker", held);
  const persist = await writeProgram("persist", { folder });
  const { supervisor } = supervise([planOf(persist, 2), planOf(ingest, 0), planOf(broker, 1)]);
  await supervisor.start();
  expect([...supervisor.pids.keys()].toSorted()).toEqual(["broker", "ingest", "persist"]);
  const asked = () => ingest.notes().flatMap((note) => (note.startsWith("stop") ? [note.split(" ")[1]] : []));

  const stopping = supervisor.stop();
  await vi.waitFor(() => expect(asked()).toEqual(["ingest"]));
  // A process that has answered since has handled a signal that was sent together with the first one.
  for (const { port } of [broker, persist, broker, persist]) await fetch(`http://localhost:${port}`);
  expect(asked()).toEqual(["ingest"]);
  process.kill(supervisor.pids.get("ingest") as number, "SIGKILL");
  await vi.waitFor(() => expect(asked()).toEqual(["ingest", "broker"]));
  await fetch(`http://localhost:${persist.port}`);
  await fetch(`http://localhost:${persist.port}`);
  expect(asked()).toEqual(["ingest", "broker"]);
  process.kill(supervisor.pids.get("broker") as number, "SIGKILL");
  await stopping;
  expect(asked()).toEqual(["ingest", "broker", "persist"]);
  expect(supervisor.pids.size).toBe(0);
});

it("stops the other processes when one cannot start, and names it", async () => {
  const good = await writeProgram("good");
  const bad = await writeProgram("bad", { source: "process.exit(1);" });
  const { supervisor } = supervise([planOf(good, 0), planOf(bad, 1)]);
  await expect(supervisor.start()).rejects.toThrow(/^bad: Expected it to get ready/);
  expect(supervisor.pids.size).toBe(0);
});

it("restarts only the process that a changed source belongs to", async () => {
  const folder = temporaryFolder();
  const [mine, others] = [temporaryFolder(), temporaryFolder()];
  const first = await writeProgram("first", { folder });
  const second = await writeProgram("second", { folder });
  const { supervisor, logLines } = supervise([planOf(first, 0, [mine]), planOf(second, 1, [others])]);
  await supervisor.start();
  supervisor.watch();
  const before = new Map(supervisor.pids);
  writeFileSync(`${mine}/x.test.ts`, "// a test is no source of a process");
  writeFileSync(`${mine}/x.ts`, "// changed");
  await vi.waitFor(() => {
    expect(supervisor.pids.get("first")).toBeDefined();
    expect(supervisor.pids.get("first")).not.toBe(before.get("first"));
  });
  expect(supervisor.pids.get("second")).toBe(before.get("second"));
  expect(logLines.find(({ msg }) => msg === "sources changed: restarting")).toMatchObject({ processes: ["first"] });
  await supervisor.stop();
});

it("kills all processes at once", async () => {
  const stubborn = await writeProgram("stubborn", { more: `process.on("SIGTERM", () => undefined);` });
  const { supervisor } = supervise([planOf(stubborn, 0)]);
  await supervisor.start();
  const pid = supervisor.pids.get("stubborn") as number;
  supervisor.kill();
  await vi.waitFor(() => expect(isRunning(pid)).toBe(false));
});
