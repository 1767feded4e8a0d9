// A real Prometheus and a real Alertmanager that watch a platform, and a webhook for the alerts.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { parse, stringify } from "yaml";
import { prometheusConfig, targetGroups } from "../dashboards/prometheus-config.ts";
import type { RuleOptions } from "../dashboards/rules/rule.ts";
import { rulesFile } from "../dashboards/rules/rule-groups.ts";
import { freePort } from "../settings/tcp-ports.ts";
import { until } from "./platform.ts";

/** An alert as Alertmanager posts it, and the path of the webhook. */
export interface Delivery {
  path: string;
  status: "firing" | "resolved";
  /** RFC 3339: when the alert began to fire. */
  startsAt: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

/** One series of an answer, with its values as text. */
export interface Series {
  metric: Record<string, string>;
  values: string[];
}

export interface Monitoring {
  /** The expression's value now. @throws when Prometheus refuses the expression */
  ask(expr: string): Promise<Series[]>;
  /** The values over the last seconds. */
  askRange(expr: string, seconds: number): Promise<Series[]>;
  /** Every rule that Prometheus cannot evaluate, with the error. */
  brokenRules(): Promise<string[]>;
  deliveries: Delivery[];
  /** The alerts that Alertmanager has and holds back because another one fires, as `name service`. */
  heldBack(): Promise<string[]>;
  dispose(): Promise<void>;
}

/** Starts both. Prometheus finds `targets` (one or several `host:port` by job) in a file of service discovery. */
export async function startMonitoring(
  targets: Record<string, string | string[]>,
  rules: RuleOptions,
): Promise<Monitoring> {
  const folder = await mkdtemp(join(tmpdir(), "pulse-monitoring-"));
  const [prometheusPort, alertmanagerPort] = [await freePort(), await freePort()];
  const webhook = await startWebhook();
  const file = (name: string) => join(folder, name);
  await writeFile(file("rules.yaml"), rulesFile(rules));
  await writeFile(file("targets.json"), JSON.stringify(targetGroups(targets)));
  const config = prometheusConfig({
    timing: rules.timing,
    ruleFile: file("rules.yaml"),
    alertmanager: `127.0.0.1:${alertmanagerPort}`,
    discovery: { file_sd_configs: [{ files: [file("targets.json")] }] },
  });
  await writeFile(file("prometheus.yaml"), stringify(config));
  await writeFile(file("alertmanager.yaml"), await hastenedRoutes(webhook.url));
  const children = [
    spawnQuietly("prometheus-alertmanager", [
      `--config.file=${file("alertmanager.yaml")}`,
      `--storage.path=${file("alertmanager")}`,
      `--web.listen-address=127.0.0.1:${alertmanagerPort}`,
      "--cluster.listen-address=",
    ]),
    spawnQuietly("prometheus", [
      `--config.file=${file("prometheus.yaml")}`,
      `--storage.tsdb.path=${file("data")}`,
      `--web.listen-address=127.0.0.1:${prometheusPort}`,
    ]),
  ];
  const [url, alertmanager] = [prometheusPort, alertmanagerPort].map((port) => `http://127.0.0.1:${port}`) as [
    string,
    string,
  ];
  await untilAnswers(`${url}/-/ready`, children);
  await untilAnswers(`${alertmanager}/-/ready`, children);

  async function get(path: string, parameters: Record<string, string>): Promise<unknown> {
    const response = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const answer = (await response.json()) as { status: string; data: unknown; error?: string };
    if (answer.status !== "success") throw new Error(`Expected Prometheus to answer ${path}, got: ${answer.error}`);
    return answer.data;
  }

  return {
    deliveries: webhook.deliveries,
    async ask(query) {
      return seriesOf(await get("query", { query }));
    },
    async askRange(query, seconds) {
      const end = Date.now() / 1000;
      return seriesOf(await get("query_range", { query, start: String(end - seconds), end: String(end), step: "2" }));
    },
    async brokenRules() {
      const { groups } = (await get("rules", {})) as {
        groups: { rules: { name: string; health: string; lastError?: string }[] }[];
      };
      const broken = groups.flatMap(({ rules: all }) => all).filter(({ health }) => health !== "ok");
      return broken.map(({ name, health, lastError }) => `${name}: ${health} ${lastError ?? ""}`);
    },
    async heldBack() {
      const response = await fetch(`${alertmanager}/api/v2/alerts?active=false&silenced=false&inhibited=true`);
      const alerts = (await response.json()) as { labels: Record<string, string> }[];
      return alerts.map(({ labels }) => `${labels.alertname} ${labels.service ?? ""}`).sort();
    },
    async dispose() {
      for (const child of children) await stop(child);
      await webhook.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The project's routes without their waiting times, to the test's webhook. */
async function hastenedRoutes(webhookUrl: string): Promise<string> {
  const text = await readFile("dashboards/alertmanager.yaml", "utf8");
  const routes = parse(text.replaceAll("http://localhost:9095", webhookUrl)) as {
    route: { group_interval: string; routes: Record<string, string>[] } & Record<string, unknown>;
  };
  Object.assign(routes.route, { group_wait: "1s", group_interval: "2s" });
  for (const route of routes.route.routes) route.group_wait = "1s";
  return stringify(routes);
}

async function startWebhook() {
  const deliveries: Delivery[] = [];
  const server = createServer(async (request, response) => {
    // Alertmanager may stop in the middle of a request.
    const body = await text(request).catch(() => undefined);
    if (body === undefined) return;
    const { alerts } = JSON.parse(body) as { alerts: Omit<Delivery, "path">[] };
    for (const alert of alerts) deliveries.push({ ...alert, path: request.url ?? "" });
    response.end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return {
    deliveries,
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function seriesOf(data: unknown): Series[] {
  const { resultType, result } = data as {
    resultType: string;
    result: { metric: Record<string, string>; value?: [number, string]; values?: [number, string][] }[];
  };
  if (resultType === "scalar") return [{ metric: {}, values: [String((result as unknown as unknown[])[1])] }];
  return result.map(({ metric, value, values }) => ({
    metric,
    values: (values ?? (value === undefined ? [] : [value])).map(([, text]) => text),
  }));
}

function spawnQuietly(name: string, args: string[]): ChildProcess & { lines: string } {
  const child = Object.assign(spawn(name, [...args, "--log.level=warn"], { stdio: ["ignore", "ignore", "pipe"] }), {
    lines: "",
  });
  child.stderr?.on("data", (chunk) => {
    child.lines += chunk;
  });
  return child;
}

async function untilAnswers(url: string, children: (ChildProcess & { lines: string })[]): Promise<void> {
  await until(`${url} to answer`, async () => {
    for (const child of children)
      if (child.exitCode !== null) throw new Error(`Expected a process that runs, got: ${child.lines}`);
    return fetch(url).then(
      (response) => response.ok,
      () => false,
    );
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}
