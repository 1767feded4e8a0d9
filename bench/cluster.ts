// Pulses a second from POST to row in Cassandra on the KIND cluster, and the CPU time of each container. The default broker
// answers after its Triggers' subscribers, so that every answered pulse is stored.
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import { BROKER } from "../events/triggers.ts";
import { kubectl } from "../infra/cluster/kubernetes.ts";
import { NAMESPACE } from "../infra/platform-stack.ts";
import { KUBECONFIG } from "../infra/stack.ts";
import { restrictedPod } from "../test/e2e/restricted-pod.ts";
import type { ClusterLoad, ClusterLoadResult } from "./cluster-load.ts";
import { cpuMicros } from "./process.ts";
import type { Row } from "./table.ts";

const MANY = 500;
/** Single events and single posts take turns: they are compared, and the machine's speed changes from minute to minute. */
const ROUNDS = 6;
const WARM_UP_SECONDS = 5;
const INGEST = { host: `pulse-ingest.${NAMESPACE}.svc.cluster.local`, path: "/pulse" };
const BROKER_INGRESS = {
  host: "broker-ingress.knative-eventing.svc.cluster.local",
  path: `/${BROKER.namespace}/${BROKER.name}`,
};

interface Throughput {
  pulsesPerSecond: number;
  /** CPU µs a pulse of each container, the load's included. */
  cpu: Record<string, number>;
}

/** Measures each way in for some seconds after a warm-up, on the cluster of `make up`. */
export async function benchCluster(seconds: number): Promise<Row[]> {
  const one = { pulsesARequest: 1, connections: 64, warmUpSeconds: WARM_UP_SECONDS, seconds };
  const events: Throughput[] = [];
  const singles: Throughput[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const event = await measure({ kind: "event", ...BROKER_INGRESS, ...one });
    const single = await measure({ kind: "single", ...INGEST, ...one });
    console.error(`round ${round} of ${ROUNDS}: single events ${perSecond(event)}, single posts ${perSecond(single)}`);
    events.push(event);
    singles.push(single);
  }
  // Last, because Cassandra then compacts its rows for a while.
  const many = await measure({ kind: "many", ...INGEST, ...one, connections: 8, pulsesARequest: MANY });
  const event = mean(events);
  return [
    row("cluster: single CloudEvents to the broker, 64 connections", event),
    row("cluster: single JSON posts to pulse-ingest, 64 connections", mean(singles), [3, event]),
    row(`cluster: requests of ${MANY} pulses, 8 connections`, many, [20, event]),
  ];
}

function mean(rounds: Throughput[]): Throughput {
  const meanOf = (figure: (round: Throughput) => number) =>
    rounds.reduce((sum, round) => sum + figure(round), 0) / rounds.length;
  const names = new Set(rounds.flatMap(({ cpu }) => Object.keys(cpu)));
  return {
    pulsesPerSecond: meanOf(({ pulsesPerSecond }) => pulsesPerSecond),
    cpu: Object.fromEntries([...names].map((name) => [name, meanOf(({ cpu }) => cpu[name] ?? 0)])),
  };
}

function perSecond({ pulsesPerSecond }: Throughput): string {
  return `${Math.round(pulsesPerSecond).toLocaleString("en")}/s`;
}

async function measure(load: ClusterLoad): Promise<Throughput> {
  const storedBefore = await storedByPod();
  const { result, cpuBefore, cpuAfter } = await runInPod(load);
  if (result.refusals > 0)
    throw new Error(`Expected 2xx only, got ${result.refusals} of ${result.answers} that were not`);
  const pulses = result.answers * load.pulsesARequest;
  const written = growth(storedBefore, await storedByPod()).reduce((sum, [, count]) => sum + count, 0);
  if (written < pulses) throw new Error(`Expected at least ${pulses} pulses stored, got ${written}`);
  const cpu: Record<string, number> = { "the load": result.cpuMicros / pulses };
  for (const [container, micros] of growth(cpuBefore, cpuAfter)) {
    const name = container.replace(/@.*/, "");
    cpu[name] = (cpu[name] ?? 0) + micros / pulses;
  }
  return { pulsesPerSecond: pulses / result.seconds, cpu };
}

interface Run {
  result: ClusterLoadResult;
  /** CPU µs of every container except the load's, at the start and the end of the measurement. */
  cpuBefore: Record<string, number>;
  cpuAfter: Record<string, number>;
}

/** Runs the load in a pod on the functions' image. */
async function runInPod(load: ClusterLoad): Promise<Run> {
  const { outputFiles } = await build({
    entryPoints: [resolve(import.meta.dirname, "cluster-load.ts")],
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    write: false,
  });
  const image = await kubectl([
    "get",
    "services.serving.knative.dev",
    "pulse-ingest",
    "-n",
    NAMESPACE,
    "-o",
    "jsonpath={.spec.template.spec.containers[0].image}",
  ]);
  const name = `bench-load-${Date.now()}`;
  const spec = restrictedPod({
    name,
    image,
    command: ["node", "--input-type=module", "-"],
    env: [{ name: "LOAD", value: JSON.stringify(load) }],
    stdin: true,
    stdinOnce: true,
  });
  const overrides = JSON.stringify({ apiVersion: "v1", spec });
  const args = ["run", name, "-n", NAMESPACE, "--image", image, "--restart=Never", "-i", "--rm", "--quiet"];
  const child = spawn("kubectl", ["--kubeconfig", KUBECONFIG, ...args, "--overrides", overrides], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(outputFiles[0]?.text);
  let cpuBefore: Record<string, number> = {};
  let run: Run | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === "warm") cpuBefore = await cpuByContainer();
    else if (line.startsWith("{")) run = { result: JSON.parse(line), cpuBefore, cpuAfter: await cpuByContainer() };
  }
  if (run === undefined) throw new Error(`Expected the pod ${name} to say what it measured, got nothing`);
  return run;
}

/** The growth of each figure. Figures that are missing in `after`, such as those of an old revision's pod, are left out. */
function growth(before: Record<string, number>, after: Record<string, number>): [name: string, by: number][] {
  return Object.entries(after).map(([name, figure]) => [name, figure - (before[name] ?? 0)]);
}

/** The number of stored pulses by pod of pulse-persist. */
async function storedByPod(): Promise<Record<string, number>> {
  const stored: Record<string, number> = {};
  for (const pod of await podsOf()) {
    if (pod.metadata.labels?.["serving.knative.dev/service"] !== "pulse-persist") continue;
    const { name } = pod.metadata;
    const path = `/api/v1/namespaces/${NAMESPACE}/pods/${name}:8080/proxy/metrics`;
    const text = await kubectl(["get", "--raw", path]);
    for (const [, count] of text.matchAll(/^pulsemesh_pulses_stored_total\{.*\} (\S+)$/gm)) {
      stored[name] = (stored[name] ?? 0) + Number(count);
    }
  }
  return stored;
}

interface Pod {
  metadata: { name: string; namespace: string; labels?: Record<string, string> };
  status: { containerStatuses?: { name: string; containerID?: string }[] };
}

async function podsOf(): Promise<Pod[]> {
  return JSON.parse(await kubectl(["get", "pods", "-A", "--field-selector=status.phase=Running", "-o", "json"])).items;
}

/** CPU µs of every container so far, by `name@id`. KIND's containers are processes of this machine; their cgroup names them. */
async function cpuByContainer(): Promise<Record<string, number>> {
  const names = new Map<string, string>();
  for (const { metadata, status } of await podsOf()) {
    const { labels = {}, name } = metadata;
    if (name.startsWith("bench-load")) continue; // it reports its own CPU time
    const app = labels["serving.knative.dev/service"] ?? labels.app ?? labels["app.kubernetes.io/name"] ?? name;
    for (const { name: container, containerID = "" } of status.containerStatuses ?? []) {
      const id = containerID.replace("containerd://", "");
      names.set(id, `${container === "user-container" ? app : `${app}/${container}`}@${id}`);
    }
  }
  const cpu: Record<string, number> = {};
  for (const pid of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      const id = /[0-9a-f]{64}(?=[^/]*$)/m.exec(readFileSync(`/proc/${pid}/cgroup`, "utf8"))?.[0];
      const name = id === undefined ? undefined : names.get(id);
      if (name !== undefined) cpu[name] = (cpu[name] ?? 0) + cpuMicros(Number(pid));
    } catch {
      // The process has ended since.
    }
  }
  return cpu;
}

function row(what: string, throughput: Throughput, goal?: [factor: number, peer: Throughput]): Row {
  const spent = Object.entries(throughput.cpu)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 8);
  const times = goal === undefined ? 0 : throughput.pulsesPerSecond / goal[1].pulsesPerSecond;
  return {
    what,
    figure: `${perSecond(throughput)}${goal === undefined ? "" : `, ${times.toFixed(1)} ×`}`,
    beside: `µs a pulse: ${spent.map(([name, micros]) => `${name} ${micros.toFixed(1)}`).join(", ")}`,
    ...(goal !== undefined && { goal: `≥ ${goal[0]} × single events`, isMet: times >= goal[0] }),
  };
}
