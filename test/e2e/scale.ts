import { expect } from "vitest";
import { kubectl } from "../../infra/cluster/kubernetes.ts";
import { waitUntilReady } from "../../infra/cluster/readiness.ts";
import { NAMESPACE } from "../../infra/platform-stack.ts";
import { until } from "../platform.ts";
import { functionUrl, selectorOf } from "./world.ts";

/** pulse-health, too: its own pulses, one every ten seconds, would keep pulse-persist awake. */
const SLEEPERS = ["pulse-health", "pulse-persist"] as const;
type Sleeper = (typeof SLEEPERS)[number];

/** Lets pulse-persist scale to zero, wakes it by a pulse, and restores its scale. */
export async function wakeFromZero(): Promise<{ coldStartMs: number; id: string }> {
  const before: [Sleeper, Record<string, string | null>][] = [];
  try {
    for (const sleeper of SLEEPERS) {
      before.push([sleeper, await setScale(sleeper, { "min-scale": "0", window: "6s" })]);
      await until(`${sleeper} to be at zero`, () => isAtZero(sleeper), 240_000);
    }
    const id = "woke-persist";
    const startedAt = performance.now();
    const response = await fetch(`${functionUrl("pulse-ingest")}/pulse`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ service_name: "from-zero", latency_ms: 1, status: "ok", id }),
    });
    expect(response.status).toBe(202);
    return { coldStartMs: performance.now() - startedAt, id };
  } finally {
    for (const [sleeper, scale] of before) await setScale(sleeper, scale);
  }
}

async function isAtZero(sleeper: Sleeper): Promise<boolean> {
  return (await kubectl(["get", "pods", "-n", NAMESPACE, "-l", selectorOf(sleeper), "-o", "name"])) === "";
}

/** Sets annotations of the autoscaler and returns their former values; `null` stands for none. */
async function setScale(
  sleeper: Sleeper,
  scale: Record<string, string | null>,
): Promise<Record<string, string | null>> {
  const service = JSON.parse(await kubectl(["get", ...knativeService(sleeper), "-o", "json"]));
  const nameOf = (key: string) => `autoscaling.knative.dev/${key}`;
  const was = service.spec.template.metadata.annotations;
  const annotations = Object.fromEntries(Object.entries(scale).map(([key, value]) => [nameOf(key), value]));
  const patch = JSON.stringify({ spec: { template: { metadata: { annotations } } } });
  await kubectl(["patch", ...knativeService(sleeper), "--type", "merge", "--patch", patch]);
  await waitUntilReady(["services.serving.knative.dev"], NAMESPACE);
  return Object.fromEntries(Object.keys(scale).map((key) => [key, was[nameOf(key)] ?? null]));
}

function knativeService(name: Sleeper): string[] {
  return ["services.serving.knative.dev", name, "-n", NAMESPACE];
}
