// The cluster as the tests see it: what `make up` made, from outside, as a user has it.
import { existsSync } from "node:fs";
import type { LookupFunction } from "node:net";
import { Agent, setGlobalDispatcher } from "undici";
import { expect } from "vitest";
import { run } from "../../infra/cluster/command.ts";
import { kubectl } from "../../infra/cluster/kubernetes.ts";
import { NAMESPACE } from "../../infra/platform-stack.ts";
import { CLUSTER, KUBECONFIG, STATE_DIR } from "../../infra/stack.ts";
import { FUNCTIONS, type FunctionName } from "../../settings/function-settings.ts";

/** Where the cluster's gateway is on this machine: infra/kind.yaml. */
const GATEWAY_PORT = 8088;

/** The URL of a function from outside, through the gateway. */
export function functionUrl(name: FunctionName): string {
  return `http://${name}.${NAMESPACE}.localhost:${GATEWAY_PORT}`;
}

/** Lets `fetch` find names under localhost as curl and browsers do; a resolver need not know them. */
export function resolveLocalhostNames(): void {
  const lookup: LookupFunction = (_name, { all }, done) =>
    all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4);
  // A broker answers when the Triggers have, whose tries take 205 s.
  setGlobalDispatcher(new Agent({ connect: { lookup }, headersTimeout: 240_000, bodyTimeout: 240_000 }));
}

/** Runs a target of the Makefile, showing what it says, and gives that. @throws when it fails. */
export async function make(target: string, env: Record<string, string> = {}): Promise<string> {
  const lines: string[] = [];
  const onLine = (line: string) => {
    lines.push(line);
    console.log(`  ${line}`);
  };
  const startedAt = performance.now();
  await run("make", ["--no-print-directory", target], { env, onLine });
  console.log(`make ${target} took ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
  return lines.join("\n");
}

/** The pods of a selector that are there and not on their way out. */
export async function podsOf(selector: string, namespace: string = NAMESPACE): Promise<string[]> {
  const { items } = JSON.parse(await kubectl(["get", "pods", "-n", namespace, "-l", selector, "-o", "json"]));
  type Pod = { metadata: { name: string; deletionTimestamp?: string } };
  return (items as Pod[]).filter(({ metadata }) => !metadata.deletionTimestamp).map(({ metadata }) => metadata.name);
}

export function selectorOf(name: FunctionName): string {
  return `serving.knative.dev/service=${name}`;
}

/** Kills a pod as a crash does: no grace, nothing drained. */
export async function killPod(name: string, namespace: string = NAMESPACE): Promise<void> {
  await kubectl(["delete", "pod", name, "-n", namespace, "--grace-period=0", "--force", "--wait=false"]);
}

/** A CQL statement in cassandra-0, by cqlsh, as the role of the functions. */
export async function cqlsh(statement: string): Promise<string> {
  const secret = JSON.parse(await kubectl(["get", "secret", "cassandra-passwords", "-n", NAMESPACE, "-o", "json"]));
  const password = Buffer.from(secret.data.pulsemesh, "base64").toString();
  // In one word: a password may begin with a dash.
  const login = 'cqlsh -u pulsemesh --password="$(cat)" --no-color -e "$1"';
  return kubectl(
    ["exec", "-i", "cassandra-0", "-n", NAMESPACE, "-c", "cassandra", "--", "sh", "-c", login, "cqlsh", statement],
    password,
  );
}

/** kn, the command of Knative's users, on this cluster. */
export function kn(...args: string[]): Promise<string> {
  return run("kn", ["--kubeconfig", KUBECONFIG, ...args]);
}

/** What someone looks at first when the cluster does not do as expected. */
export async function describeCluster(): Promise<string> {
  const parts = [
    ["get", "pods", "-A", "-o", "wide"],
    ["get", "ksvc,revisions,brokers,triggers,statefulsets,jobs", "-A"],
    ["get", "events", "-A", "--sort-by=.lastTimestamp", "--field-selector", "type!=Normal"],
    [
      "logs",
      "-n",
      NAMESPACE,
      "-l",
      "app.kubernetes.io/part-of=pulsemesh",
      "-c",
      "user-container",
      "--tail",
      "30",
      "--prefix",
    ],
    ["logs", "-n", NAMESPACE, "cassandra-0", "-c", "cassandra", "--tail", "30"],
  ];
  const texts = parts.map(async (args) => {
    const text = await kubectl(args).catch((error: Error) => error.message);
    return `$ kubectl ${args.join(" ")}\n${text.split("\n").slice(-80).join("\n")}`;
  });
  return (await Promise.all(texts)).join("\n\n");
}

/** `kn service list` names the four functions, each Ready. */
export async function expectServicesReady(): Promise<void> {
  const services = JSON.parse(await kn("service", "list", "-n", NAMESPACE, "-o", "json")).items;
  type Service = { metadata: { name: string }; status: { conditions: { type: string; status: string }[] } };
  const ready = (services as Service[]).map(({ metadata, status }) => [
    metadata.name,
    status.conditions.find(({ type }) => type === "Ready")?.status,
  ]);
  expect(Object.fromEntries(ready)).toEqual(Object.fromEntries(FUNCTIONS.map((name) => [name, "True"])));
  console.log(await kn("service", "list", "-n", NAMESPACE));
}

/** No cluster, no container and no state of it. */
export async function expectNothingLeft(): Promise<void> {
  expect((await run("kind", ["get", "clusters"])).split("\n")).not.toContain(CLUSTER);
  expect(await run("docker", ["ps", "--all", "--quiet", "--filter", `label=io.x-k8s.kind.cluster=${CLUSTER}`])).toBe(
    "",
  );
  expect(existsSync(STATE_DIR)).toBe(false);
}

/** What the API server would say of a namespace's pods if they had to be "restricted" by Pod Security: a warning for each that is not. */
export async function podSecurityWarnings(namespace: string): Promise<string[]> {
  const lines: string[] = [];
  const label = "pod-security.kubernetes.io/enforce=restricted";
  const args = ["--kubeconfig", KUBECONFIG, "label", "namespace", namespace, label, "--overwrite", "--dry-run=server"];
  await run("kubectl", args, { onLine: (line) => lines.push(line) });
  return lines.filter((line) => line.startsWith("Warning:"));
}
