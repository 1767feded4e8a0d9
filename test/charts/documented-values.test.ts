// The values in the documents: each chart takes those that a document writes into its file.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { isSkippedWithout } from "../../dashboards/testing/tools.ts";
import { CHARTS, KAFKA_BROKER_MANIFESTS } from "../../infra/versions.ts";
import { FUNCTIONS } from "../../settings/function-settings.ts";
import { codeBlocksOf, readDocument } from "../documents.ts";
import { type Manifest, podsOf, render } from "./render.ts";

const folder = mkdtempSync(join(tmpdir(), "pulse-values-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A block names its files in comments: `# knative.yaml`. */
const VALUES = ["docs/deploy.md", "docs/hardening.md"].flatMap((document) =>
  codeBlocksOf(readDocument(document), "yaml").flatMap((block) =>
    [...block.matchAll(/^# (\w+)\.yaml\n((?:(?!# ).*\n)+)/gm)].map(([, chart = "", text = ""]) => ({
      document,
      chart,
      text,
    })),
  ),
);

describe("the documents", () => {
  it("write values for every chart", () => {
    expect(new Set(VALUES.map(({ chart }) => chart))).toEqual(new Set(["knative", "cassandra", "pulsemesh"]));
  });

  it("install the pinned versions in production", () => {
    const production = VALUES.find(({ document, chart }) => document === "docs/deploy.md" && chart === "knative");
    expect(parse(production?.text ?? "").kafkaBroker.manifests).toEqual(KAFKA_BROKER_MANIFESTS);
    const { name, repository, version } = CHARTS.knativeOperator;
    expect(readDocument("docs/deploy.md")).toContain(`${name} --repo ${repository} --version ${version}`);
  });
});

describe.skipIf(isSkippedWithout("helm"))("a chart takes", () => {
  it.each(VALUES.map((values, i) => ({ ...values, i })))("what $document writes for $chart", ({ chart, text, i }) => {
    const file = join(folder, `${i}.yaml`);
    writeFileSync(file, text);
    const profile = text.includes("bootstrap.servers") ? ["-f", `infra/charts/${chart}/values-durable.yaml`] : [];
    expect(render(chart, [...profile, "-f", file]).length).toBeGreaterThan(1);
  });

  it("how long history is kept and when a minute is summed up, for all that have a store alike, and the keyspace's buckets", () => {
    const values = "historyDays=800,sealSeconds=60,cassandra.bucketMinutes=30";
    const found = podsOf(render("pulsemesh", ["--set", values])).map(({ name, pod }) => {
      const settings = pod.containers[0].env.filter(({ name }: Manifest) => /HISTORY|SEAL|BUCKET/.test(name));
      return [name, Object.fromEntries(settings.map(({ name, value }: Manifest) => [name, value]))];
    });
    const ofAll = { PULSE_HISTORY_DAYS: "800", PULSE_SEAL_SECONDS: "60" };
    expect(Object.fromEntries(found)).toEqual({
      ...Object.fromEntries(FUNCTIONS.map((name) => [`Service ${name}`, name === "pulse-ingest" ? {} : ofAll])),
      "Job pulsemesh-schema": { ...ofAll, PULSE_CASSANDRA_BUCKET_MINUTES: "30" },
    });
  });
});
