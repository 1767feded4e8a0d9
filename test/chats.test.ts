// The recipes of docs/watching.md for chats: what they make of a change of health, and that Knative and Alertmanager take them.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import jsonata from "jsonata";
import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments, stringify } from "yaml";
import { isSkippedWithout, runTool } from "../dashboards/testing/tools.ts";
import type { CloudEvent } from "../events/cloud-event.ts";
import { type HealthNews, healthEventOf } from "../events/health-event.ts";
import { toStructured } from "../events/http-binding.ts";
import { compileFilter } from "../local/broker/trigger-filter.ts";
import { temporaryFolder } from "../local/testing/temporary-folder.ts";
import { faultsOf } from "./charts/kubernetes-schemas.ts";
import { codeBlocksOf, readDocument } from "./documents.ts";

const SINCE = Date.parse("2026-12-01T09:30:00Z");
const RECIPES = codeBlocksOf(readDocument("docs/watching.md"), "yaml");
const MANIFESTS = RECIPES.filter((block) => block.includes("kind: EventTransform")).flatMap((block) =>
  parseAllDocuments(block).map((one) => one.toJS()),
);
const [receivers = ""] = RECIPES.filter((block) => block.startsWith("receivers:"));
const transformOf = (name: string) =>
  MANIFESTS.find(({ kind, metadata }) => kind === "EventTransform" && metadata.name === name);

/** The event of a change: without `news`, that checkout went down. */
function eventOf(news: Partial<HealthNews> = {}, cause = "2 of 2 pulses said 503"): CloudEvent {
  const run = { health: "down", since: SINCE, confirmedAt: SINCE + 15_000, cause } as const;
  const change = { service: "checkout", since: SINCE, previous: "up", isRevised: false, revision: 0 } as const;
  return healthEventOf({ ...change, run, ...news });
}

/** What an EventTransform posts, as Knative's transform-jsonata runs it: JSON, unless the expression makes a CloudEvent. */
async function bodyFor(name: string, event: CloudEvent): Promise<unknown> {
  const made = await jsonata(transformOf(name).spec.jsonata.expression).evaluate(toStructured(event));
  expect(made).not.toHaveProperty("specversion");
  return JSON.parse(JSON.stringify(made));
}

describe("a change of health, by an EventTransform", () => {
  it("is a text for Slack, in which no status calls a channel", async () => {
    expect(await bodyFor("slack", eventOf())).toEqual({
      text: "checkout is down since 2026-12-01T09:30:00.000Z: 2 of 2 pulses said 503",
    });
    expect(await bodyFor("slack", eventOf({ service: "R&D/größe" }, "2 of 2 pulses said <!channel>"))).toEqual({
      text: "R&amp;D/größe is down since 2026-12-01T09:30:00.000Z: 2 of 2 pulses said &lt;!channel&gt;",
    });
  });

  it("is a message for ntfy, the more urgent the worse", async () => {
    expect(await bodyFor("ntfy", eventOf())).toEqual({
      topic: "pulsemesh-SECRET",
      title: "checkout is down",
      message: "since 2026-12-01T09:30:00.000Z: 2 of 2 pulses said 503",
      priority: 5,
      tags: ["rotating_light"],
    });
    const run = (health: "late" | "up") => ({ run: { health, since: SINCE, confirmedAt: SINCE, cause: "" } });
    expect(await bodyFor("ntfy", eventOf(run("late")))).toMatchObject({ priority: 4 });
    expect(await bodyFor("ntfy", eventOf(run("up")))).toMatchObject({ priority: 3, tags: ["white_check_mark"] });
  });

  it("is a message also where nothing is known any more", async () => {
    const unknown = eventOf({ run: undefined, previous: undefined });
    const since = "since 2026-12-01T09:30:00.000Z";
    expect(await bodyFor("slack", unknown)).toEqual({ text: `checkout is unknown ${since}` });
    expect(await bodyFor("ntfy", unknown)).toMatchObject({ title: "checkout is unknown", message: since, priority: 3 });
  });
});

describe("the manifests", () => {
  it("let the Trigger send changes to the EventTransform, and no revisions", () => {
    const [trigger] = MANIFESTS.filter(({ kind }) => kind === "Trigger");
    const { apiVersion, kind, metadata } = transformOf("slack");
    expect(trigger.spec.subscriber.ref).toEqual({ apiVersion, kind, ...metadata });
    const wants = compileFilter({ name: trigger.metadata.name, spec: trigger.spec });
    expect([wants(eventOf()), wants(eventOf({ isRevised: true }))]).toEqual([true, false]);
  });

  it.skipIf(isSkippedWithout("go"))("are what Knative's CRDs allow", () => {
    expect(MANIFESTS.map(({ kind }) => kind)).toEqual(["EventTransform", "Trigger", "EventTransform"]);
    expect(MANIFESTS.flatMap(faultsOf)).toEqual([]);
    expect(faultsOf({ ...transformOf("slack"), spec: { jsonata: { expresion: "1" } } })).toHaveLength(1);
  });
});

describe.skipIf(isSkippedWithout("amtool"))("Alertmanager", () => {
  it("takes the receivers in place of those of alertmanager.yaml", () => {
    const file = join(temporaryFolder(), "alertmanager.yaml");
    writeFileSync(
      file,
      stringify({ ...parse(readFileSync("dashboards/alertmanager.yaml", "utf8")), ...parse(receivers) }),
    );
    expect(runTool("amtool", ["check-config", file])).toContain("2 receivers");
  });

  it("tells Slack of each alert, and of its end", () => {
    const { title, text } = parse(receivers).receivers[1].slack_configs[0];
    const data = join(temporaryFolder(), "alerts.json");
    const alerts = ["firing", "resolved"].map((status) => ({ status, annotations: { summary: "checkout is down." } }));
    writeFileSync(data, JSON.stringify({ status: "firing", commonLabels: { alertname: "PulseServiceDown" }, alerts }));
    const render = (template: string) =>
      runTool("amtool", [
        "template",
        "render",
        "--template.glob=/dev/null",
        `--template.text=${template}`,
        `--template.data=${data}`,
      ]);
    expect(render(title)).toBe("firing: PulseServiceDown");
    expect(render(text).trim().split("\n")).toEqual(["firing: checkout is down.", "resolved: checkout is down."]);
  });
});
