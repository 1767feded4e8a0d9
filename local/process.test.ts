import { pino } from "pino";
import { expect, it, onTestFinished, vi } from "vitest";
import { ManagedProcess, type ManagedProcessOptions } from "./process.ts";
import { openMemoryOutput } from "./testing/output.ts";
import { isRunning, type TestProgram, writeProgram } from "./testing/program.ts";

function manage(program: TestProgram, more: Partial<ManagedProcessOptions> = {}) {
  const output = openMemoryOutput();
  const logLines: Record<string, unknown>[] = [];
  const log = pino({}, { write: (line: string) => logLines.push(JSON.parse(line)) });
  const readyUrl = `http://localhost:${program.port}/`;
  const { file, env } = program;
  const managed = new ManagedProcess({
    name: "it",
    args: [file],
    env,
    readyUrl,
    output,
    log,
    stopGraceMs: 10_000,
    ...more,
  });
  onTestFinished(() => managed.kill());
  return { managed, output, logLines };
}

const CRASH = `process.kill(process.pid, "SIGKILL");`;

it("a process is ready when it answers, its lines are written, and it stops when asked", async () => {
  const program = await writeProgram("a");
  const { managed, output } = manage(program);
  managed.start();
  await managed.untilReady();
  const { pid } = managed;
  await vi.waitFor(() => expect(output.lines).toEqual(['{"level":30,"msg":"hello of a"}']));
  await managed.stop();
  expect(program.notes()).toEqual([`start a ${pid}`, `stop a ${pid}`]);
  expect(managed.pid).toBeUndefined();
});

it("a killed process starts again at once", async () => {
  const program = await writeProgram("a");
  const { managed, logLines } = manage(program);
  managed.start();
  await managed.untilReady();
  const first = managed.pid as number;
  process.kill(first, "SIGKILL");
  await vi.waitFor(() => expect(program.notes()).toHaveLength(2));
  await managed.untilReady();
  expect(managed.pid).not.toBe(first);
  expect(logLines[0]).toMatchObject({ level: 50, process: "it", signal: "SIGKILL", backoffMs: 0 });
});

it("a process that crashes in a row starts after longer and longer pauses", async () => {
  const program = await writeProgram("a", { source: CRASH });
  const { managed, logLines } = manage(program, { firstBackoffMs: 10, quickCrashMs: Number.POSITIVE_INFINITY });
  managed.start();
  await vi.waitFor(() => expect(logLines.length).toBeGreaterThanOrEqual(5));
  managed.kill();
  expect(logLines.slice(0, 5).map(({ backoffMs }) => backoffMs)).toEqual([0, 10, 20, 40, 80]);
});

it("a pause is never longer than five seconds", async () => {
  const program = await writeProgram("a", { source: CRASH });
  const { managed, logLines } = manage(program, { firstBackoffMs: 60_000, quickCrashMs: Number.POSITIVE_INFINITY });
  managed.start();
  await vi.waitFor(() => expect(logLines).toHaveLength(2));
  expect(logLines[1]).toMatchObject({ backoffMs: 5000 });
});

it("a crash after a long life is followed by no pause", async () => {
  const program = await writeProgram("a", { source: CRASH });
  const { managed, logLines } = manage(program, { quickCrashMs: 0 });
  managed.start();
  await vi.waitFor(() => expect(logLines.length).toBeGreaterThanOrEqual(3));
  expect(logLines.every(({ backoffMs }) => backoffMs === 0)).toBe(true);
});

it("a process that exits before it was ready is not started again, and its message is shown", async () => {
  const source = `console.error("PORT: Expected a port"); process.exit(3);`;
  const program = await writeProgram("a", { source });
  const { managed, output } = manage(program);
  managed.start();
  await expect(managed.untilReady()).rejects.toThrow("it: Expected it to get ready, got an end with code 3");
  await managed.stop();
  expect(output.errors).toEqual(["it: PORT: Expected a port"]);
  expect(program.notes()).toEqual([]);
});

it("a process that does not stop in time is killed", async () => {
  const program = await writeProgram("a", { more: `process.on("SIGTERM", () => undefined);` });
  const { managed, logLines } = manage(program, { stopGraceMs: 200 });
  managed.start();
  await managed.untilReady();
  const pid = managed.pid as number;
  await managed.stop();
  expect(isRunning(pid)).toBe(false);
  expect(logLines.at(-1)).toMatchObject({ level: 40, msg: "did not stop in time: killing it" });
});

it("waiting for readiness ends when the process is stopped", async () => {
  const program = await writeProgram("a", { source: "setInterval(() => undefined, 1000);" });
  const { managed } = manage(program);
  managed.start();
  const ready = managed.untilReady();
  await managed.stop();
  await expect(ready).resolves.toBeUndefined();
});
