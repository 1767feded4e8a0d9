// The rendered charts: they pass Kubernetes' schemas, and every pod keeps the rules for pods.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { isSkippedWithout, runTool } from "../../dashboards/testing/tools.ts";
import { SCHEMA_LOCATION, writeSchemas } from "./kubernetes-schemas.ts";
import { type Manifest, MONITORED, podsOf, render } from "./render.ts";

const KUBECONFORM = "github.com/yannh/kubeconform/cmd/kubeconform@v0.7.0";

const CASES = [
  ["knative", "laptop", MONITORED],
  ["knative", "laptop, from a registry", ["--set", "registry=registry.example/mirror,broker.authentication=true"]],
  [
    "knative",
    "durable",
    [
      "-f",
      "infra/charts/knative/values-durable.yaml",
      "--set",
      "kafkaBroker.manifests={https://kafka.example/broker.yaml}",
    ],
  ],
  ["cassandra", "laptop", []],
  ["cassandra", "laptop, with the JMX exporter", ["--set", "metricsPort=9404"]],
  ["cassandra", "laptop, with TLS", ["--set", "tls.secret=nodes,tls.clientCertificates=true"]],
  ["cassandra", "durable", ["-f", "infra/charts/cassandra/values-durable.yaml"]],
  ["pulsemesh", "laptop", [...MONITORED, "--set", "monitoring.alertWebhook=http://alerts.example"]],
  [
    "pulsemesh",
    "laptop, with tokens for all",
    [...MONITORED, "--set", "monitoring.tokenSecret=scraper,tokensSecret=a,readTokensSecret=b,adminTokensSecret=c"],
  ],
  [
    "pulsemesh",
    "laptop, with TLS and a Broker that asks who sends",
    ["--set", "cassandra.tls.secret=nodes,cassandra.tls.clientCertificate=true,broker.eventPolicy.enabled=true"],
  ],
  ["pulsemesh", "durable", ["-f", "infra/charts/pulsemesh/values-durable.yaml", ...MONITORED]],
] as const;

describe.skipIf(isSkippedWithout("helm"))("the chart", () => {
  describe.each(CASES.map((one, index) => [...one, index] as const))("%s, %s", (chart, _, args, index) => {
    it("passes Helm's lint", () => {
      expect(
        runTool("helm", ["lint", "--strict", "--kube-version", "1.34.4", `infra/charts/${chart}`, ...args]),
      ).toContain("0 chart(s) failed");
    });

    it.skipIf(isSkippedWithout("go"))(
      "renders manifests that Kubernetes, Knative and the Prometheus operator accept, to the last field",
      () => {
        faults ??= findFaults(CASES.map(([chart, , args]) => withMisspelt(render(chart, args))));
        expect(faults[index]).toEqual([expect.stringMatching(/spek/)]);
      },
      600_000,
    );

    it("has restricted pods only, each with a memory limit and without a token", () => {
      for (const { name, pod } of podsOf(render(chart, args))) {
        expect([name, pod.automountServiceAccountToken]).toEqual([name, false]);
        for (const container of [...(pod.initContainers ?? []), ...pod.containers]) {
          const security = { ...pod.securityContext, ...container.securityContext };
          expect([name, security]).toEqual([
            name,
            expect.objectContaining({
              runAsNonRoot: true,
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ["ALL"] },
              seccompProfile: { type: "RuntimeDefault" },
            }),
          ]);
          expect(container.image).toMatch(/:.*\d/);
          expect(container.resources.limits.memory).toBeDefined();
          expect(container.resources.requests).toEqual({ cpu: expect.anything(), memory: expect.anything() });
        }
      }
    });
  });

  it.each([
    ["cassandra", "nodes=2", "nodes"],
    ["pulsemesh", "image.tag=latest", "tag"],
    ["pulsemesh", "functions.pulse-ingest.scale.mim=1", "mim"],
    ["pulsemesh", "broker.class=Kafka", "bootstrap.servers"],
    ["pulsemesh", "cassandra.tls.serverName=cassandra", "serverName"],
    ["cassandra", "tls.clientCertificates=true", "clientCertificates"],
    ["pulsemesh", "monitoring.enabled=true,monitoring.alertWebhook=https://me:secret@alerts.example", "alertWebhook"],
    ["pulsemesh", "monitoring.alertWebhook=http://alerts.example", "Expected monitoring.enabled=true with it"],
    ["pulsemesh", "monitoring.enabled=true,readTokensSecret=readers", "monitoring.tokenSecret: Expected"],
    ["pulsemesh", "userHeader=Authorization", "userHeader"],
    ["pulsemesh", "sink=http://me:secret@broker.example/pulse", "sink"],
    ["knative", "version=newest", "version"],
  ])("%s refuses %s", (chart, value, named) => {
    expect(() => render(chart, ["--set", value])).toThrow(named);
  });

  it("cassandra has one node by default, and three in the profile `durable`", () => {
    expect(render("cassandra", []).find(({ kind }) => kind === "StatefulSet").spec.replicas).toBe(1);
    const three = render("cassandra", ["-f", "infra/charts/cassandra/values-durable.yaml"]);
    expect(three.find(({ kind }) => kind === "StatefulSet").spec.replicas).toBe(3);
  });
});

const folder = mkdtempSync(join(tmpdir(), "pulse-charts-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Of each case, found by the first test that asks: kubeconform starts once for all of them. */
let faults: string[][] | undefined;

/** These manifests, and one that has a field too many. */
function withMisspelt(manifests: readonly Manifest[]): Manifest[] {
  return [...manifests, { ...manifests[0], spek: {} }];
}

/** The faults that kubeconform finds in each list of manifests. */
function findFaults(lists: readonly (readonly Manifest[])[]): string[][] {
  writeSchemas(folder, lists.flat());
  const files = lists.map((items, i) => {
    const file = join(folder, `manifests-${i}.json`);
    writeFileSync(file, JSON.stringify({ apiVersion: "v1", kind: "List", items }));
    return file;
  });
  const location = join(folder, SCHEMA_LOCATION);
  const args = ["run", KUBECONFORM, "-schema-location", location, "-output", "json", "-verbose", ...files];
  const { stdout, stderr } = spawnSync("go", args, { encoding: "utf8", cwd: tmpdir(), maxBuffer: 16 * 1024 * 1024 });
  if (!stdout.startsWith("{")) throw new Error(`Expected kubeconform's JSON, got: ${stdout}${stderr}`);
  type Resource = { filename: string; kind: string; name: string; status: string; msg: string };
  const resources: Resource[] = JSON.parse(stdout).resources;
  return files.map((file, i) => {
    const own = resources.filter(({ filename }) => filename === file);
    expect(own).toHaveLength(lists[i]?.length ?? 0);
    return own
      .filter(({ status }) => status !== "statusValid")
      .map(({ kind, name, status, msg }) => `${kind} ${name}: ${status} ${msg}`);
  });
}
