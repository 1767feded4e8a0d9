import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { KUBECONFIG } from "../../infra/stack.ts";
import { endWithThisProcess } from "../../local/lifeline.ts";
import { freePort } from "../../settings/free-port.ts";
import { until } from "../platform.ts";

/** A way from this machine to something in the cluster that has no door of its own. */
export interface PortForward {
  url: string;
  close(): Promise<void>;
}

/** Opens a way to a pod or a Service, and opens it anew whenever it ends, as it does with its pod. */
export async function openPortForward(
  namespace: string,
  target: string | (() => Promise<string>),
  port: number,
): Promise<PortForward> {
  const localPort = await freePort();
  let child: ChildProcess | undefined;
  let isClosed = false;
  let isOpen = false;

  async function keepOpen(): Promise<void> {
    while (!isClosed) {
      const name = typeof target === "string" ? target : await target().catch(() => undefined);
      if (name !== undefined) {
        const args = ["--kubeconfig", KUBECONFIG, "port-forward", "-n", namespace, name, `${localPort}:${port}`];
        child = spawn("kubectl", [...args, "--address", "127.0.0.1"], { stdio: ["ignore", "pipe", "ignore"] });
        endWithThisProcess(child);
        child.stdout?.on("data", () => {
          isOpen = true;
        });
        await once(child, "exit");
      }
      isOpen = false;
      await delay(200);
    }
  }

  const kept = keepOpen();
  await until(`a way to ${namespace}/${target}`, () => isOpen);
  return {
    url: `http://127.0.0.1:${localPort}`,
    async close() {
      isClosed = true;
      child?.kill();
      await kept;
    },
  };
}
