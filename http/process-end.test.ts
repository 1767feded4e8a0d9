import { spawn } from "node:child_process";
import { once } from "node:events";
import { buffer } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";

const MODULE = new URL("./process-end.ts", import.meta.url).href;
/** One of node's threads counts for hours, and node's own end waits for it. */
const BUSY_THREAD = `require("node:crypto").pbkdf2("", "", 2 ** 31 - 1, 9, "sha512", () => undefined);`;

async function run(end: string) {
  const program = `
    const { endAtOnce } = await import(${JSON.stringify(MODULE)});
    const { createRequire } = await import("node:module");
    const require = createRequire(process.execPath);
    endAtOnce();
    ${BUSY_THREAD}
    console.log("stopped");
    ${end}`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [[code, signal], out, error] = await Promise.all([
    once(child, "exit"),
    buffer(child.stdout),
    buffer(child.stderr),
  ]);
  return { code, signal, out: String(out), error: String(error) };
}

it.each([0, 1])("a process that exits with %i ends then, whatever its threads do, and has said all", async (code) => {
  expect(await run(`process.exit(${code});`)).toEqual({ code, signal: null, out: "stopped\n", error: "" });
});

it("a process that exits in a handler of a signal ends then, too", async () => {
  const end = `process.once("SIGTERM", () => process.exit(0)); process.kill(process.pid, "SIGTERM"); setInterval(() => 0, 1000);`;
  expect(await run(end)).toEqual({ code: 0, signal: null, out: "stopped\n", error: "" });
});
