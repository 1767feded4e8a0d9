import { pino } from "pino";
import { freePort } from "../../settings/tcp-ports.ts";
import { type Compose, createParts } from "../parts.ts";
import { serve } from "../runtime/serve.ts";

/** A function under the real runtime, in a test's process. */
export interface FunctionHost {
  url: string;
  port: number;
  /** The log's lines so far. */
  lines: Record<string, unknown>[];
  /** Does what SIGTERM does, and gives the exit code that would end the process. */
  stop(): Promise<number>;
  close(): Promise<void>;
}

const SIGNALS = ["SIGTERM", "SIGINT", "SIGQUIT", "uncaughtException", "uncaughtExceptionMonitor"] as const;

/** Serves a function on a free port with the settings in `env`. The process keeps none of its signal handlers. */
export async function openFunctionHost(compose: Compose, env: Record<string, string> = {}): Promise<FunctionHost> {
  const port = await freePort();
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: "debug" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const parts = await createParts({ ...env, PORT: String(port) }, log);
  const fn = await compose(parts);
  const before = SIGNALS.map((name) => process.listeners(name as "SIGTERM"));
  const server = await serve(fn, parts);
  let stopOnSignal: (() => void) | undefined;
  for (const [i, name] of SIGNALS.entries()) {
    for (const listener of process.listeners(name as "SIGTERM")) {
      if (before[i]?.includes(listener)) continue;
      process.removeListener(name, listener);
      if (name === "SIGTERM") stopOnSignal = () => listener("SIGTERM");
    }
  }
  let isStopped = false;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    lines,
    stop() {
      isStopped = true;
      const { exit } = process;
      return new Promise((resolve) => {
        process.exit = ((code: number) => {
          process.exit = exit;
          resolve(code);
        }) as typeof process.exit;
        stopOnSignal?.();
      });
    },
    async close() {
      if (isStopped) return;
      fn.onDrain?.();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await fn.close();
    },
  };
}
