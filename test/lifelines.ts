// Whatever a test starts ends with the process that runs the test, be it a platform, a Prometheus or a Chromium: a run that
// is interrupted, or a worker that is killed, leaves nothing behind.
import type { ChildProcess } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import { endWithThisProcess } from "../local/lifeline.ts";

subscribe("child_process", (message) => {
  const { process: child } = message as { process: ChildProcess };
  child.once("spawn", () => endWithThisProcess(child));
});
