import type { History, Share } from "../../history/history.ts";
import type { Span } from "../../storage/span.ts";
import type { Trends } from "./answers.ts";
import { divide } from "./divide.ts";

/** The p95 of several services over time, one service after the other. @throws once the signal aborts */
export async function trendsOf(
  history: Pick<History, "read">,
  services: readonly string[],
  span: Span,
  buckets: number,
  share: Share,
): Promise<Trends> {
  const spans = divide(span, buckets);
  const trends: Trends["trends"] = [];
  for (const service of services) {
    const { parts } = await history.read(service, spans, share);
    trends.push({ service_name: service, p95: parts.map(({ latencies }) => latencies.percentile(95) ?? null) });
  }
  return { from: new Date(span.from).toISOString(), to: new Date(span.to).toISOString(), trends };
}
