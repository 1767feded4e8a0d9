// Fills the image's compile cache: starts every function once as a container would, waits until it answers, and stops it.
// A bundle that does not start or does not stop fails the image's build.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { FUNCTIONS, type FunctionName } from "../settings/function-settings.ts";
import { NODE_FLAGS } from "../settings/node-flags.ts";
import { freePort } from "../settings/tcp-ports.ts";

// A build may share the machine's network, where another PulseMesh answers at 8080.
const PORT = await freePort();
const START_MS = 60_000;
const folder = process.argv[2] ?? "dist";

for (const name of FUNCTIONS) await runOnce(name);

async function runOnce(name: FunctionName): Promise<void> {
  const child = spawn(process.execPath, [...NODE_FLAGS[name], join(folder, "main.cjs")], {
    env: {
      PULSE_FUNCTION: name,
      PORT: String(PORT),
      NODE_COMPILE_CACHE: join(folder, "compile-cache"),
      // As on the cluster. A function starts even when nothing listens there.
      K_SINK: "http://127.0.0.1:9/default/pulsemesh",
      PULSE_CASSANDRA_CONTACT_POINTS: "127.0.0.1:9",
      PULSE_LOG_LEVEL: "fatal",
    },
    stdio: "inherit",
  });
  const ended = once(child, "exit");
  const deadline = Date.now() + START_MS;
  while (!(await answers())) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`Expected ${name} to start, got no answer`);
    await delay(20);
  }
  child.kill("SIGTERM");
  const [code] = await ended;
  if (code !== 0) throw new Error(`Expected ${name} to end with 0, got ${code}`);
  console.log(`${name} started and stopped`);
}

async function answers(): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${PORT}/health/live`).catch(() => undefined);
  return response?.ok ?? false;
}
