import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { isRunning } from "./testing/program.ts";
import { temporaryFolder } from "./testing/temporary-folder.ts";

/** A process that starts a child, ties the child to itself, runs `more`, and prints the child's pid. */
async function startParent(more = ""): Promise<{ parent: ChildProcess; childPid: number }> {
  const program = `
    import { spawn } from "node:child_process";
    import { endWithThisProcess, runAfterThisProcess } from ${JSON.stringify(new URL("lifeline.ts", import.meta.url).href)};
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { detached: true, stdio: "ignore" });
    endWithThisProcess(child);
    ${more}
    console.log(child.pid);
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [line] = (await once(parent.stdout, "data")) as [Buffer];
  const childPid = Number(line.toString());
  onTestFinished(() => {
    for (const pid of [parent.pid as number, childPid]) if (isRunning(pid)) process.kill(pid, "SIGKILL");
  });
  expect(isRunning(childPid)).toBe(true);
  return { parent, childPid };
}

it.each(["SIGKILL", "SIGHUP"] as const)("a child ends with its parent by %s", async (signal) => {
  const { parent, childPid } = await startParent();
  parent.kill(signal);
  await vi.waitFor(() => expect(isRunning(childPid)).toBe(false));
});

it("a child ends with a parent that exits", async () => {
  const { parent, childPid } = await startParent("process.stdin.once('data', () => process.exit());");
  parent.stdin?.write("end");
  await vi.waitFor(() => expect(isRunning(childPid)).toBe(false));
});

it("a command runs after the process has ended, unless it was taken back", async () => {
  const folder = temporaryFolder();
  const [done, takenBack] = [join(folder, "done"), join(folder, "taken-back")];
  const { parent, childPid } = await startParent(`
    const takeBack = runAfterThisProcess("touch ${takenBack}");
    runAfterThisProcess("touch ${done}");
    takeBack();`);
  process.kill(childPid, "SIGKILL");
  parent.kill("SIGKILL");
  await vi.waitFor(() => expect(existsSync(done)).toBe(true));
  expect(existsSync(takenBack)).toBe(false);
});
