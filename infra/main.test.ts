import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readClusterSettings } from "../settings/read.ts";
import { synthesize } from "./main.ts";
import { CHARTS, imageOf } from "./versions.ts";

describe("the stacks", () => {
  let outdir: string;
  beforeEach(() => {
    outdir = mkdtempSync(join(tmpdir(), "pulse-stacks-"));
  });
  afterEach(() => rmSync(outdir, { recursive: true, force: true }));

  interface Release {
    chart: string;
    version?: string;
    repository?: string;
    values: string[];
    depends_on: string[];
  }

  function releasesOf(stack: "platform" | "app", env: Record<string, string> = {}): Record<string, Release> {
    const image = { repository: "dev.local/pulsemesh", tag: "0123456789ab" };
    synthesize({ settings: readClusterSettings(env), image, outdir });
    const json = JSON.parse(readFileSync(join(outdir, "stacks", stack, "cdk.tf.json"), "utf8"));
    expect(Object.keys(json.terraform.backend)).toEqual(["kubernetes"]);
    return json.resource.helm_release;
  }

  function lastValues(release: Release | undefined) {
    return JSON.parse(release?.values.at(-1) ?? "null");
  }

  it("have all parts, the public charts at their pinned versions", () => {
    const releases = releasesOf("platform");
    const names = [...Object.values(CHARTS).map(({ name }) => name), "cassandra", "knative"];
    expect(Object.keys(releases).sort()).toEqual(names.sort());
    for (const { name, version, repository } of Object.values(CHARTS)) {
      expect(releases[name]).toMatchObject({ chart: name, version, repository });
    }
    expect(releases.knative?.depends_on).toContain("helm_release.knative-operator");
  });

  it("leave out parts that exist already or are not wanted", () => {
    const without = { KNATIVE: "existing", CASSANDRA: "existing", MONITORING: "none" };
    expect(Object.keys(releasesOf("platform", without)).sort()).toEqual(["alloy", "loki"]);
    expect(lastValues(releasesOf("app", without).pulsemesh).monitoring.enabled).toBe(false);
  });

  it("let Alertmanager post to the given webhook", () => {
    const webhookOf = (env: Record<string, string>) =>
      lastValues(releasesOf("app", env).pulsemesh).monitoring.alertWebhook;
    expect(webhookOf({})).toBe("");
    expect(webhookOf({ ALERT_WEBHOOK: "http://alerts.example:8080/" })).toBe("http://alerts.example:8080");
    expect(webhookOf({ ALERT_WEBHOOK: "https://alerts.example/pulse", MONITORING: "existing" })).toBe(
      "https://alerts.example/pulse",
    );
  });

  it("take images from a mirror and charts from a folder", () => {
    const wall = { REGISTRY: "registry.example/mirror", MONITORING: "none", LOGS: "none" };
    const releases = releasesOf("platform", wall);
    expect(lastValues(releases.cassandra).image).toBe("registry.example/mirror/cassandra:5.0.9");
    expect(lastValues(releases.knative).registry).toBe("registry.example/mirror");
    expect(() => releasesOf("platform", { ...wall, CHART_DIR: outdir })).toThrow(
      `Expected ${join(outdir, "knative-operator-1.23.0.tgz")}, got nothing: get it with \`helm pull`,
    );
  });

  it("take images by tag and digest, the same as the chart and the Dockerfile without `make up`", () => {
    const image = lastValues(releasesOf("platform").cassandra).image;
    expect(image).toMatch(/^cassandra:5\.0\.9@sha256:[0-9a-f]{64}$/);
    expect(readFileSync("infra/charts/cassandra/values.yaml", "utf8")).toContain(`image: ${image}\n`);
    const node = imageOf("node", undefined);
    expect(node).toMatch(/^node:24-bookworm-slim@sha256:[0-9a-f]{64}$/);
    expect(readFileSync("Dockerfile", "utf8")).toContain(`ARG NODE_IMAGE=${node}\n`);
    expect(imageOf("kindNode", undefined)).toMatch(/@sha256:[0-9a-f]{64}$/);
  });

  it("let a folder of values have the last word", () => {
    writeFileSync(join(outdir, "cassandra.yaml"), "tls: { secret: nodes }\n");
    const { cassandra, knative } = releasesOf("platform", { CHART_VALUES: outdir });
    expect(cassandra?.values.at(-1)).toBe("tls: { secret: nodes }\n");
    expect(lastValues(knative)).toMatchObject({ version: "1.23.0" });
    expect(() => releasesOf("platform", { CHART_VALUES: join(outdir, "absent") })).toThrow(
      "CHART_VALUES: Expected a folder with values of charts, got nothing at",
    );
  });

  it("pass Alloy's configuration through Terraform unchanged", () => {
    const { alloy } = releasesOf("platform");
    const content = readFileSync("dashboards/logs.alloy", "utf8");
    const handed = alloy?.values.map((value) => value.replace(/([$%])\1(?=\{)/g, "$1")).join("") ?? "";
    expect(JSON.parse(handed).alloy.configMap.content).toBe(content);
  });

  it("have Kafka and three nodes in the profile `durable`", () => {
    const env = { PROFILE: "durable", KAFKA_BOOTSTRAP_SERVERS: "kafka.example:9092" };
    const { knative, cassandra } = releasesOf("platform", env);
    expect(lastValues(knative).kafkaBroker.manifests).toHaveLength(2);
    expect(cassandra?.values[0]).toContain("nodes: 3");
    const { pulsemesh } = releasesOf("app", env);
    expect(lastValues(pulsemesh).broker.kafka["bootstrap.servers"]).toBe("kafka.example:9092");
  });

  it("hold no password", () => {
    const text = JSON.stringify([releasesOf("platform"), releasesOf("app")]);
    expect(text).not.toMatch(/password":/i);
  });
});
