import { curves, type PanelOptions, type Query } from "./grafana/panels.ts";
import { quantile } from "./promql.ts";

/** Curves on a third of the width. */
export function third(options: Omit<PanelOptions, "span">): ReturnType<typeof curves> {
  return curves({ ...options, span: 8 });
}

/** Curves on half of the width. */
export function half(options: Omit<PanelOptions, "span">): ReturnType<typeof curves> {
  return curves({ ...options, span: 12 });
}

/** p50, p90 and p99 of a histogram, over the window that Grafana finds fit. */
export function percentiles(histogram: string): Query[] {
  return [0.5, 0.9, 0.99].map((q): Query => [quantile(q, histogram, "$__rate_interval"), `p${q * 100}`]);
}
