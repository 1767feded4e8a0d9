// Every process that a test starts ends with the test's process, even after kill -9: an interrupted run leaves no platform,
// Prometheus or Chromium behind.
import type { ChildProcess } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import { endWithThisProcess } from "../local/lifeline.ts";

const SUBSCRIBED = Symbol.for("pulsemesh.lifelines");

// This module is loaded for each test file, of which several may share a process.
if (!(SUBSCRIBED in globalThis)) {
  Object.assign(globalThis, { [SUBSCRIBED]: true });
  subscribe("child_process", (message) => {
    const { process: child } = message as { process: ChildProcess };
    child.once("spawn", () => endWithThisProcess(child));
  });
}
