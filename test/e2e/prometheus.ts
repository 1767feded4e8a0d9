import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { fillIn, queriesOfBoard } from "../../dashboards/testing/queries.ts";
import { OWN_SERVICE } from "../../events/own-service.ts";
import { METRICS } from "../../functions/metrics/names.ts";
import { run } from "../../infra/cluster/command.ts";
import { KUBECONFIG } from "../../infra/stack.ts";
import { FUNCTIONS } from "../../settings/function-settings.ts";
import { until } from "../platform.ts";
import { scrapeKubelet } from "./kubelet.ts";
import { openPortForward } from "./port-forward.ts";
import { make } from "./world.ts";

/** The counts of pulses, from the functions' counters. */
export interface Ledger {
  accepted: number;
  stored: number;
  deadLettered: number;
}

/** The Prometheus in the cluster, which kube-prometheus-stack calls kps-prometheus. */
export interface Prometheus {
  /** Waits until it has series of each function that always has a pod. */
  untilScraped(): Promise<void>;
  ledger(): Promise<Ledger>;
  /** Waits until each query of a dashboard about such series returns data; returns the number of those queries. */
  untilAnswered(board: Dashboard, series: RegExp): Promise<number>;
  close(): Promise<void>;
}

/**
 * Installs a Prometheus and an Alertmanager, which posts to the webhook: by `make up`, or by the command in E2E_MONITORING
 * where kube-prometheus-stack is not available.
 */
export async function installMonitoring(alertWebhook: string): Promise<void> {
  const command = process.env.E2E_MONITORING;
  if (command !== undefined) {
    await run("sh", ["-c", command], { env: { KUBECONFIG }, onLine: (line) => console.log(`  ${line}`) });
    await scrapeKubelet();
  }
  await make("up", { MONITORING: command === undefined ? "install" : "existing", ALERT_WEBHOOK: alertWebhook });
}

export async function openPrometheus(): Promise<Prometheus> {
  const way = await openPortForward("monitoring", "service/kps-prometheus", 9090);

  async function valuesOf(expression: string): Promise<number[]> {
    const response = await fetch(`${way.url}/api/v1/query?${new URLSearchParams({ query: expression })}`);
    const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
    return data.result.map(({ value }) => Number(value[1]));
  }

  async function query(expression: string): Promise<number> {
    return (await valuesOf(expression))[0] ?? 0;
  }

  return {
    async untilScraped() {
      const always = FUNCTIONS.filter((name) => name !== "pulse-query"); // which may have no pod
      for (const name of always) {
        // Scrapes are no requests: a function that nobody asks has no series of them.
        const target = `count(${METRICS.startSeconds}{job="${name}"} and on (pod) up == 1)`;
        await until(`series of ${name}`, async () => (await query(target)) > 0, 180_000);
      }
    },
    async ledger() {
      // Includes pods that were scaled away since. PulseMesh's own pulses go on all the time.
      const everCounted = (metric: string) => `sum(max_over_time(${metric}{service!="${OWN_SERVICE}"}[1h]))`;
      const [accepted, stored, deadLettered] = await Promise.all([
        query(everCounted(METRICS.accepted)),
        query(everCounted(METRICS.stored)),
        query(everCounted(METRICS.deadLetters)),
      ]);
      return { accepted: accepted as number, stored: stored as number, deadLettered: deadLettered as number };
    },
    async untilAnswered(board, series) {
      const queries = queriesOfBoard(board).filter(({ expr }) => series.test(expr));
      for (const { place, expr } of queries) {
        const text = fillIn(expr, { __rate_interval: "2m" });
        await until(`data in ${place}`, async () => !(await valuesOf(text)).every(Number.isNaN), 60_000);
      }
      return queries.length;
    },
    close: way.close,
  };
}
