// An interrupted run of tests leaves no process behind. These tests run vitest on this file again, where it starts the
// platform and a browser, and kill it when all of them are up and quiet: a process that writes would end by its broken pipe.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished, vi } from "vitest";
import { noChromium, openBrowser } from "./page/chromium.ts";
import { startPlatform } from "./platform.ts";

const VITEST = fileURLToPath(new URL("../node_modules/vitest/vitest.mjs", import.meta.url));
const { PULSE_TEST_FOLDER: folderOfInner } = process.env;

/** The children of a process, and theirs, as `pid command`. */
function descendantsOf(pid: number): string[] {
  const output = execFileSync("ps", ["-A", "-ww", "-o", "ppid=,pid=,command="], { encoding: "utf8" });
  const children = output.split("\n").flatMap((line) => {
    const [, parent, child] = /^ *(\d+) +(\d+ .*)$/.exec(line) ?? [];
    return child !== undefined && Number(parent) === pid ? [child] : [];
  });
  return children.flatMap((child) => [child, ...descendantsOf(Number.parseInt(child, 10))]);
}

function isRunning(process: string): boolean {
  return execFileSync("ps", ["-A", "-ww", "-o", "pid=,command="], { encoding: "utf8" }).includes(process);
}

if (folderOfInner !== undefined) {
  it("waits to be killed", async () => {
    await startPlatform({}, folderOfInner);
    if (noChromium === undefined) await openBrowser();
    writeFileSync(join(folderOfInner, "ready"), "");
    await new Promise(() => undefined);
  });
} else {
  it.each(["runner", "worker"])("no process of a test is left after kill -9 of the %s", async (victim) => {
    const folder = mkdtempSync(join(tmpdir(), "pulsemesh-"));
    const args = ["run", "--project", "main", fileURLToPath(import.meta.url), "--coverage.enabled=false"];
    const env = { ...process.env, PULSE_TEST_FOLDER: folder };
    const runner = spawn(process.execPath, [VITEST, ...args], { stdio: "ignore", env });
    const ended = once(runner, "exit");
    let started: string[] = [];
    onTestFinished(() => {
      for (const one of started.filter(isRunning)) process.kill(Number.parseInt(one, 10), "SIGKILL");
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    });
    await vi.waitFor(() => expect(existsSync(join(folder, "ready"))).toBe(true));
    started = descendantsOf(runner.pid as number);
    const partsOf = (name: string) => started.filter((one) => one.includes(name));
    expect(partsOf("functions/main.ts")).toHaveLength(5);
    expect(partsOf("local/broker/main.ts")).toHaveLength(1);
    if (noChromium === undefined) expect(partsOf("--type=renderer")).not.toEqual([]);
    const [worker = ""] = partsOf("vitest/dist/workers/forks");
    process.kill(victim === "runner" ? (runner.pid as number) : Number.parseInt(worker, 10), "SIGKILL");
    await ended;
    await vi.waitFor(() => expect(started.filter(isRunning)).toEqual([]));
  });
}
