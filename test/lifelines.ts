// Every process that a test starts ends with the test's process, even after kill -9: an interrupted run leaves no platform,
// Prometheus or Chromium behind.
import type { ChildProcess } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import { endWithThisProcess } from "../local/lifeline.ts";

subscribe("child_process", (message) => {
  const { process: child } = message as { process: ChildProcess };
  child.once("spawn", () => endWithThisProcess(child));
});
