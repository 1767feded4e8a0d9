import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { KUBECONFIG } from "../../infra/stack.ts";
import { endWithThisProcess } from "../../local/lifeline.ts";
import { freePort } from "../../settings/tcp-ports.ts";
import { until } from "../platform.ts";

/** A way from this machine to a Service or pod that the gateway does not expose. */
export interface PortForward {
  url: string;
  close(): Promise<void>;
}

/** Opens a way to a Service or to the current pod, and reopens it whenever it ends or the pod is deleted. */
export async function openPortForward(
  namespace: string,
  target: string | (() => Promise<string>),
  port: number,
): Promise<PortForward> {
  const localPort = await freePort();
  let child: ChildProcess | undefined;
  let isClosed = false;
  let isOpen = false;

  function kubectl(...args: string[]): ChildProcess {
    const started = spawn("kubectl", ["--kubeconfig", KUBECONFIG, "-n", namespace, ...args], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    endWithThisProcess(started);
    return started;
  }

  async function keepOpen(): Promise<void> {
    while (!isClosed) {
      const name = typeof target === "string" ? target : await target().catch(() => undefined);
      if (name !== undefined) {
        const forward = kubectl("port-forward", name, `${localPort}:${port}`, "--address=127.0.0.1");
        child = forward;
        forward.stdout?.on("data", () => {
          isOpen = true;
        });
        // A forwarding kubectl may not notice that its pod is gone, and requests through it would wait forever.
        const watch = name.startsWith("pod/") ? kubectl("wait", name, "--for=delete", "--timeout=24h") : undefined;
        watch?.once("exit", () => forward.kill());
        await once(forward, "exit");
        watch?.kill();
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
