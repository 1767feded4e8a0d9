// Every promise about the cluster, on a real cluster, in the order in which a user meets them.
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { boards } from "../../dashboards/boards/boards.ts";
import { REAL_TIME } from "../../dashboards/timing.ts";
import { kubectl } from "../../infra/cluster/kubernetes.ts";
import { NAMESPACE } from "../../infra/platform-stack.ts";
import { until } from "../platform.ts";
import { createPulseFlow, seeded } from "../pulse-flow.ts";
import { readAll } from "../read-back.ts";
import { type AlertCatcher, startAlertCatcher } from "./alert-catcher.ts";
import { INGRESS, openBroker, sendAPulseEachWay } from "./both-ways.ts";
import { openDeadLetters } from "./dead-letters.ts";
import { expectChangesToBeTold } from "./health-changes.ts";
import { expectLedgerToHold } from "./ledger.ts";
import { DOORS, enforcesNetworkPolicies, reachedBy } from "./network.ts";
import { expectCassandraSetUp, expectSmallImage } from "./parts.ts";
import { installMonitoring, openPrometheus } from "./prometheus.ts";
import { imageOf, rollOutAnotherImage, untilOnlyNewest } from "./rollout.ts";
import { wakeFromZero } from "./scale.ts";
import { startSteadyLoad } from "./steady-load.ts";
import {
  describeCluster,
  expectNothingLeft,
  expectServicesReady,
  functionUrl,
  killPod,
  make,
  podSecurityWarnings,
  podsOf,
  resolveLocalhostNames,
  selectorOf,
} from "./world.ts";

const ingest = functionUrl("pulse-ingest");
const query = functionUrl("pulse-query");

/** Where the charts are not available, the first installation on a machine builds Prometheus. */
const MONITORING_MS = 1_500_000;

describe("PulseMesh on a KIND cluster", () => {
  let catcher: AlertCatcher;
  beforeAll(resolveLocalhostNames);
  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") console.log(await describeCluster());
  });
  afterAll(async () => {
    await make("down");
  });

  it("comes up by one command", async () => {
    expect(await make("up", { MONITORING: "none" })).toContain("PulseMesh is up");
    await expectServicesReady();
  });

  it("runs an image at most 10 MB over Node's, and a Cassandra that writes its log before it answers and naps long", async () => {
    await expectSmallImage();
    await expectCassandraSetUp();
  });

  it("stores a pulse sent each way: by curl to pulse-ingest, as a CloudEvent to the broker", async () => {
    await sendAPulseEachWay("each-way");
  });

  it("does not change when it is brought up again", async () => {
    const before = await generations();
    const said = await make("up", { MONITORING: "none" });
    expect(said.match(/No changes|0 added, 0 changed, 0 destroyed/g)?.length).toBeGreaterThanOrEqual(2);
    expect(await generations()).toEqual(before);
  });

  it("keeps every acknowledged pulse exactly once while persist, the broker's ingress and Cassandra are killed", async () => {
    const PULSES = 5000;
    const broker = await openBroker();
    const random = seeded(20261124);
    const flow = createPulseFlow({
      name: "kills",
      total: PULSES,
      clients: 16,
      ingest,
      broker: broker.url,
      random,
      retryOn: [429, 500, 502, 503, 504],
    });
    const victims = [
      [selectorOf("pulse-persist"), NAMESPACE],
      [INGRESS, "knative-eventing"],
      ["statefulset.kubernetes.io/pod-name=cassandra-0", NAMESPACE],
    ] as const;

    async function killAtRandomMoments(): Promise<void> {
      for (const [i, [selector, namespace]] of victims.entries()) {
        const threshold = ((i + random() * 0.6) * PULSES) / victims.length; // leaves many pulses for after the kill
        await until(`${threshold.toFixed(0)} pulses acknowledged`, () => flow.acked.size >= threshold, 300_000);
        const [pod] = await podsOf(selector, namespace);
        await killPod(pod as string, namespace);
        console.log(`killed ${pod} at ${flow.acked.size} acknowledged pulses`);
      }
    }

    try {
      const startedAt = performance.now();
      await Promise.all([killAtRandomMoments(), flow.run()]);
      console.log(`${PULSES} acknowledged after ${seconds(startedAt)} s and ${flow.retries} requests sent again`);
    } finally {
      await broker.close();
    }
    expect(flow.acked.size).toBe(PULSES);
    expect(flow.retries).toBeGreaterThan(0); // without a retry no kill met a request in flight

    // Acknowledged pulses that Cassandra refused for longer than the broker retries are dead letters: replay them.
    const deadLetters = await openDeadLetters();
    try {
      console.log(`${await deadLetters.replayAll()} dead letters replayed`);
    } finally {
      await deadLetters.close();
    }
    let stored: string[] = [];
    await until(
      "every acknowledged pulse to be readable",
      async () => {
        const pulses = await Promise.all(flow.services.map((service) => readAll({ query }, service)));
        stored = pulses.flat().map(({ id }) => id);
        return stored.length >= PULSES;
      },
      240_000,
    );
    expect(stored.length).toBe(PULSES); // none twice …
    expect(new Set(stored)).toEqual(flow.acked); // … and none lost
  }, 900_000);

  it("stores the pulse that wakes a function from zero", async () => {
    const { coldStartMs, id } = await wakeFromZero();
    console.log(`the pulse that woke pulse-persist was acknowledged after ${coldStartMs.toFixed(0)} ms`);
    expect((await readAll({ query }, "from-zero")).map((pulse) => pulse.id)).toEqual([id]);
  });

  it("takes a poison event to the dead letters with its reason, and stores the corrected one", async () => {
    const deadLetters = await openDeadLetters();
    const broker = await openBroker();
    try {
      const id = `poison-${Date.now()}`;
      await deadLetters.poison(broker.url, id);
      const deadLetter = await deadLetters.find(id);
      expect(deadLetter).toMatchObject({ reason: "invalid", code: 400 });
      expect(JSON.stringify(deadLetter)).toContain("Expected"); // pulse-persist's own words travel with the event
      await deadLetters.replay(deadLetter.id, { service_name: "put-right", latency_ms: 12.5, status: "ok" });
      await until("the pulse to be readable", async () => (await readAll({ query }, "put-right")).length === 1);
      expect((await readAll({ query }, "put-right"))[0]?.id).toBe(id);
      expect((await deadLetters.find(id)).replayed_at).toBeDefined();
    } finally {
      await Promise.all([broker.close(), deadLetters.close()]);
    }
  });

  it("rolls another image out and back under load without a failed request", async () => {
    const load = startSteadyLoad(ingest, "rolled", 8);
    try {
      await until("load", () => load.counts.accepted.size > 100);
      const images = await rollOutAnotherImage();
      expect(images.after).not.toBe(images.before);
      const between = load.counts.accepted.size;
      await until("more load", () => load.counts.accepted.size > between + 100);
      await make("up", { MONITORING: "none" });
      const after = load.counts.accepted.size;
      await until("more load", () => load.counts.accepted.size > after + 100);
    } finally {
      await load.stop();
    }
    const { accepted, refused, failures } = load.counts;
    console.log(`${accepted.size} accepted, ${refused} refused and sent again, ${failures.length} failed`);
    expect(failures).toEqual([]);
    await until("all to be readable", async () => (await readAll({ query }, "rolled")).length >= accepted.size);
    expect(new Set((await readAll({ query }, "rolled")).map(({ id }) => id))).toEqual(accepted);
  }, 900_000);

  it("says since when a service is down, and tells a webhook each change once and in order, although pulse-health is killed", async () => {
    await expectChangesToBeTold();
  });

  it("is scraped by a Prometheus in the cluster, and the ledger holds", {
    timeout: MONITORING_MS,
  }, async () => {
    catcher = await startAlertCatcher(await imageOf("pulse-ingest"));
    await installMonitoring(catcher.url);
    await untilOnlyNewest(); // a pod that leaves takes its counters with it
    const prometheus = await openPrometheus();
    try {
      await prometheus.untilScraped();
      await expectLedgerToHold(prometheus);
    } finally {
      await prometheus.close();
    }
  });

  it("posts the alert about that dead letter to a webhook, by the rules and routes of its chart", async () => {
    const startedAt = performance.now();
    const alert = await catcher.first("PulseDeadLettersGrow").finally(catcher.close);
    console.log(`it was posted ${seconds(startedAt)} s after the ledger had shown the dead letter`);
    expect(alert).toMatchObject({
      path: "/working-hours",
      status: "firing",
      labels: { severity: "warning", namespace: NAMESPACE, reason: "invalid" },
      annotations: {
        summary: "PulseMesh does not show some accepted pulses until their dead letters are replayed.",
        runbook_url: expect.stringMatching(/.#pulsedeadlettersgrow$/),
      },
    });
  });

  it("has the series about Knative and Cassandra's pods that the dashboards query", async () => {
    const prometheus = await openPrometheus();
    try {
      const { pipeline, cassandra } = boards(REAL_TIME);
      expect(await prometheus.untilAnswered(pipeline, /\bkn_/)).toBeGreaterThan(5);
      expect(await prometheus.untilAnswered(cassandra, /\b(container|kubelet_volume)_/)).toBe(3);
    } finally {
      await prometheus.close();
    }
  });

  it("runs under Pod Security's restricted level, with NetworkPolicies where the cluster enforces them", async () => {
    expect(await podSecurityWarnings(NAMESPACE)).toEqual([]);
    expect(await podSecurityWarnings("kube-system")).not.toEqual([]); // shows that it warns

    const image = await imageOf("pulse-ingest");
    const isEnforced = await enforcesNetworkPolicies(image);
    // Without enforcement a stranger gets through, which shows that the probe works.
    expect(await reachedBy(image, "e2e=stranger")).toEqual(isEnforced ? [] : Object.keys(DOORS));
    const part = "app.kubernetes.io/part-of=pulsemesh,app.kubernetes.io/name";
    const ofIngest = `${part}=pulse-ingest,serving.knative.dev/service=pulse-ingest`;
    const toOwn = isEnforced ? [["pulse-persist", "broker-ingress"], ["cassandra"]] : [DOORS, DOORS].map(Object.keys);
    expect([await reachedBy(image, ofIngest), await reachedBy(image, `${part}=pulse-persist`)]).toEqual(toOwn);
    if (!isEnforced) console.warn("NetworkPolicies were applied and not enforced: this cluster's network knows none");
  });

  it("goes down and leaves nothing behind", async () => {
    await make("down");
    await expectNothingLeft();
  });
});

async function generations(): Promise<string> {
  const what = "services.serving.knative.dev,revisions.serving.knative.dev,statefulsets,brokers,triggers";
  const columns = "custom-columns=KIND:.kind,NAME:.metadata.name,GENERATION:.metadata.generation,UID:.metadata.uid";
  return kubectl(["get", what, "-n", NAMESPACE, "-o", columns]);
}

function seconds(startedAt: number): string {
  return ((performance.now() - startedAt) / 1000).toFixed(0);
}
