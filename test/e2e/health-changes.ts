// Services go down and come up again while pulse-health is killed. Most of it lies in the past, by the times of the pulses, so that
// the test waits for one service alone.
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import type { HealthRun } from "../../events/health-run.ts";
import { kubectl } from "../../infra/cluster/kubernetes.ts";
import { NAMESPACE } from "../../infra/platform-stack.ts";
import { expectTold } from "../health-notifications.ts";
import { until } from "../platform.ts";
import { type Received, startReceiver } from "./receiver.ts";
import { imageOf } from "./rollout.ts";
import { functionUrl, killPod, podsOf, selectorOf } from "./world.ts";

/**
 * When each service turns, in seconds: it is up first, then down, then up again. The present is at 200. pulse-health tells of no
 * change from before its first look.
 */
const TURNS: Readonly<Record<string, readonly number[]>> = {
  "turn-cart": [0, 40, 80, 120, 160, 200],
  "turn-search": [0, 70, 140, 210],
  "turn-checkout": [0, 170, 220],
};
const PRESENT_S = 200;
const WATCHED = "turn-checkout";
/** Of so many pulses, 20 seconds decide. */
const PER_SECOND = 8;
/** Whole cells are judged. */
const CELL_MS = 10_000;

/** A Trigger to a webhook as docs/watching.md has it. */
const trigger = (uri: string) => ({
  apiVersion: "eventing.knative.dev/v1",
  kind: "Trigger",
  metadata: { name: "e2e-webhook", namespace: NAMESPACE },
  spec: {
    broker: "pulsemesh",
    filters: [{ prefix: { type: "dev.pulsemesh.health." } }],
    subscriber: { uri },
    delivery: { retry: 5, backoffPolicy: "exponential", backoffDelay: "PT1S", timeout: "PT10S" },
  },
});

/** Expects the API to say since when a service is down, and a webhook to get each change once by its id, in order. */
export async function expectChangesToBeTold(): Promise<void> {
  const receiver = await startReceiver("e2e-health", await imageOf("pulse-ingest"));
  await kubectl(["apply", "-f", "-"], JSON.stringify(trigger(receiver.url)));
  await kubectl(["wait", "trigger", "e2e-webhook", "-n", NAMESPACE, "--for=condition=Ready", "--timeout=60s"]);
  const begin = Math.floor(Date.now() / CELL_MS) * CELL_MS - PRESENT_S * 1000;
  const sinceOf = (service: string) => (TURNS[service] ?? []).map((second) => begin + second * 1000);
  const feeding = feedFrom(begin);
  try {
    await expectHealth("down", sinceOf(WATCHED)[1] as number);
    await killKeeper();
    await expectHealth("up", sinceOf(WATCHED)[2] as number);
    await killKeeper();
    await expectAllTold();
  } finally {
    await feeding.stop();
    await kubectl(["delete", "trigger", "e2e-webhook", "-n", NAMESPACE]);
    await receiver.close();
  }

  async function expectAllTold(): Promise<void> {
    const changes = Object.values(TURNS).flat().length;
    let ours: Received[] = [];
    await until(
      `${changes} changes to be told`,
      async () => {
        ours = (await receiver.received()).filter(({ headers }) => String(headers["ce-subject"]) in TURNS);
        return new Set(ours.map(({ headers }) => headers["ce-id"])).size >= changes;
      },
      120_000,
    );
    console.log(`${changes} changes were told in ${ours.length} requests`);
    for (const service of Object.keys(TURNS)) {
      const runs = await runsOf(service);
      expect(runs.map(({ since }) => since)).toEqual(sinceOf(service));
      expectTold(service, runs, ours);
    }
  }
}

/** Sends pulses up to now, each second. Those of a service come in the order of time, also when a request has to be sent again. */
function feedFrom(begin: number): { stop(): Promise<void> } {
  let isOver = false;

  async function feed(service: string, turns: readonly number[]): Promise<void> {
    for (let fed = begin; !isOver; await delay(1000)) {
      const to = Date.now();
      const pulses = timesBetween(fed, to).map((event_time) => {
        const turn = turns.findLastIndex((second) => begin + second * 1000 <= event_time);
        const status = turn % 2 === 0 ? "ok" : "503";
        return { id: `${service}-${event_time}`, service_name: service, event_time, latency_ms: 1, status };
      });
      await until("pulses to be taken", () => isTaken(pulses));
      fed = to;
    }
  }

  const fedAll = Promise.all(Object.entries(TURNS).map(([service, turns]) => feed(service, turns)));
  fedAll.catch(() => {}); // seen by stop()
  return {
    async stop() {
      isOver = true;
      await fedAll;
    },
  };
}

/** Whether pulses were accepted; otherwise all of them may be sent again. */
async function isTaken(pulses: readonly object[]): Promise<boolean> {
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(pulses) };
  const { status } = await fetch(`${functionUrl("pulse-ingest")}/pulse`, init);
  if (status !== 503) expect(status).toBe(202);
  return status === 202;
}

function timesBetween(from: number, to: number): number[] {
  const stepMs = 1000 / PER_SECOND;
  const first = Math.ceil(from / stepMs);
  return Array.from({ length: Math.ceil(to / stepMs) - first }, (_, i) => (first + i) * stepMs);
}

/** Waits until the API says that the watched service is so, and expects it to say since when. */
async function expectHealth(health: string, since: number): Promise<void> {
  const url = `${functionUrl("pulse-query")}/services/${WATCHED}`;
  let detail: Record<string, unknown> = {};
  await until(
    `${WATCHED} to be ${health}`,
    async () => {
      detail = (await (await fetch(url)).json()) as typeof detail;
      return detail.health === health && detail.confirmed_at !== null;
    },
    180_000,
  );
  console.log(`${WATCHED} is ${health} ${(Date.now() - since) / 1000} s after its first such pulse: ${detail.cause}`);
  expect(detail).toMatchObject({ since: new Date(since).toISOString() });
  if (health === "down") expect(detail.cause).toMatch(/^\d+ of \d+ pulses said 503$/);
  expect(await (await fetch(`${url}/badge.svg`)).text()).toContain(`<title>${WATCHED}: ${health}</title>`);
}

async function killKeeper(): Promise<void> {
  for (const pod of await podsOf(selectorOf("pulse-health"))) await killPod(pod);
}

/** Oldest first. */
async function runsOf(service: string): Promise<HealthRun[]> {
  const answer = await fetch(`${functionUrl("pulse-query")}/services/${service}/history`);
  type Run = { health: HealthRun["health"]; since: string; confirmed_at: string; cause: string };
  const { runs } = (await answer.json()) as { runs: Run[] };
  return runs.reverse().map(({ health, since, confirmed_at, cause }) => {
    return { health, since: Date.parse(since), confirmedAt: Date.parse(confirmed_at), cause };
  });
}
