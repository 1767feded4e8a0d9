// The cluster that `make up` made, as a user sees it from outside.
import { existsSync } from "node:fs";
import type { LookupFunction } from "node:net";
import { Agent, setGlobalDispatcher } from "undici";
import { expect } from "vitest";
import { run } from "../../infra/cluster/command.ts";
import { kubectl } from "../../infra/cluster/kubernetes.ts";
import { NAMESPACE } from "../../infra/platform-stack.ts";
import { CLUSTER, KUBECONFIG, STATE_DIR } from "../../infra/stack.ts";
import { FUNCTIONS, type FunctionName } from "../../settings/function-settings.ts";

/** The gateway's port on this machine, as in infra/kind.yaml. */
const GATEWAY_PORT = 8088;

/** The URL of a function through the gateway. */
export function functionUrl(name: FunctionName): string {
  return `http://${name}.${NAMESPACE}.localhost:${GATEWAY_PORT}`;
}

/** Lets `fetch` resolve names under localhost as curl and browsers do, without a DNS server. */
export function resolveLocalhostNames(): void {
  const lookup: LookupFunction = (_name, { all }, done) =>
    all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4);
  // A broker answers after its Triggers' subscribers, whose attempts take up to 205 s.
  setGlobalDispatcher(new Agent({ connect: { lookup }, headersTimeout: 240_000, bodyTimeout: 240_000 }));
}

/** Runs a target of the Makefile, prints its output and returns it. @throws when the target fails */
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

/** The pods of a selector that are not shutting down. */
export async function podsOf(selector: string, namespace: string = NAMESPACE): Promise<string[]> {
  const { items } = JSON.parse(await kubectl(["get", "pods", "-n", namespace, "-l", selector, "-o", "json"]));
  type Pod = { metadata: { name: string; deletionTimestamp?: string } };
  return (items as Pod[]).filter(({ metadata }) => !metadata.deletionTimestamp).map(({ metadata }) => metadata.name);
}

export function selectorOf(name: FunctionName): string {
  return `serving.knative.dev/service=${name}`;
}

/** Kills a pod as a crash does, without grace or drain. */
export async function killPod(name: string, namespace: string = NAMESPACE): Promise<void> {
  await kubectl(["delete", "pod", name, "-n", namespace, "--grace-period=0", "--force", "--wait=false"]);
}

/** Runs a CQL statement in cassandra-0 by cqlsh, as the functions' role. */
export async function cqlsh(statement: string): Promise<string> {
  const secret = JSON.parse(await kubectl(["get", "secret", "cassandra-passwords", "-n", NAMESPACE, "-o", "json"]));
  const password = Buffer.from(secret.data.pulsemesh, "base64").toString();
  // One word, because a password may begin with a dash.
  const login = 'cqlsh -u pulsemesh --password="$(cat)" --no-color -e "$1"';
  return kubectl(
    ["exec", "-i", "cassandra-0", "-n", NAMESPACE, "-c", "cassandra", "--", "sh", "-c", login, "cqlsh", statement],
    password,
  );
}

/** Runs kn, Knative's command, on this cluster. */
export function kn(...args: string[]): Promise<string> {
  return run("kn", ["--kubeconfig", KUBECONFIG, ...args]);
}

/** What a person looks at first when the cluster does not work as expected. */
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

/** Expects `kn service list` to show the functions, each Ready. */
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

/** Expects no cluster, no container and no state. */
export async function expectNothingLeft(): Promise<void> {
  expect((await run("kind", ["get", "clusters"])).split("\n")).not.toContain(CLUSTER);
  expect(await run("docker", ["ps", "--all", "--quiet", "--filter", `label=io.x-k8s.kind.cluster=${CLUSTER}`])).toBe(
    "",
  );
  expect(existsSync(STATE_DIR)).toBe(false);
}

/** A warning for each pod of a namespace that Pod Security's level `restricted` would refuse. */
export async function podSecurityWarnings(namespace: string): Promise<string[]> {
  const lines: string[] = [];
  const label = "pod-security.kubernetes.io/enforce=restricted";
  const args = ["--kubeconfig", KUBECONFIG, "label", "namespace", namespace, label, "--overwrite", "--dry-run=server"];
  await run("kubectl", args, { onLine: (line) => lines.push(line) });
  return lines.filter((line) => line.startsWith("Warning:"));
}
