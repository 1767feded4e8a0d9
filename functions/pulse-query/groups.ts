import type { Parsed } from "../../events/fault.ts";
import type { Share } from "../../history/history.ts";
import { SpanFigures } from "../../history/rollup.ts";
import { StatusCounts } from "../../history/status-counts.ts";
import type { PulseReader, StoredPulse } from "../../storage/ports.ts";
import type { Span } from "../../storage/span.ts";
import type { Group } from "./answers.ts";
import { LONGEST_GROUPED_MS, MAX_GROUP_VALUES, MAX_GROUPED_PULSES, MAX_GROUPS } from "./group-limits.ts";
import { latencySummaryOf } from "./latency-summary.ts";

/**
 * The figures of a service's pulses for each value of a metadata key, or of `status`: the most frequent first, then all others.
 * A span that is too long, and a key with too many values, is a fault. @throws once the signal aborts
 */
export async function groupsOf(
  reader: Pick<PulseReader, "scan">,
  service: string,
  span: Span,
  key: string,
  { signal, nextTurn }: Required<Pick<Share, "nextTurn">> & Pick<Share, "signal">,
): Promise<Parsed<Group[]>> {
  if (span.to - span.from > LONGEST_GROUPED_MS) return refusal("a span of at most a day", "a longer one");
  const byValue = new Map<string | null, SpanFigures>();
  const statuses = new StatusCounts();
  let count = 0;
  for await (const chunk of reader.scan(service, span)) {
    signal?.throwIfAborted();
    count += chunk.length;
    if (count > MAX_GROUPED_PULSES)
      return refusal(`a span of at most ${MAX_GROUPED_PULSES.toLocaleString("en")} pulses`, "one with more");
    for (const { latency_ms: latency, status, metadata } of chunk) {
      const value = key === "status" ? status : metadataAt(metadata, key);
      const figures = byValue.get(value) ?? new SpanFigures();
      byValue.set(value, figures);
      figures.add(latency, statuses.add(status));
    }
    if (byValue.size > MAX_GROUP_VALUES)
      return refusal(`a key with at most ${MAX_GROUP_VALUES} values`, "one with more");
    await nextTurn();
  }
  const sorted = [...byValue].sort(
    ([a, one], [b, other]) => other.latencies.count - one.latencies.count || ((a ?? "") < (b ?? "") ? -1 : 1),
  );
  const groups = sorted.slice(0, MAX_GROUPS).map(([value, figures]) => groupOf(value, false, figures));
  const others = new SpanFigures();
  for (const [, figures] of sorted.slice(MAX_GROUPS)) others.merge(figures);
  if (others.latencies.count > 0) groups.push(groupOf(null, true, others));
  return { ok: true, value: groups };
}

function metadataAt(metadata: StoredPulse["metadata"], key: string): string | null {
  // A key may be the name of a property of objects.
  return metadata !== undefined && Object.hasOwn(metadata, key) ? (metadata[key] as string) : null;
}

function groupOf(value: string | null, isRest: boolean, { health, latencies }: SpanFigures): Group {
  return { value, is_rest: isRest, count: latencies.count, health, latency_ms: latencySummaryOf(latencies) };
}

function refusal(expected: string, got: string): Parsed<never> {
  return { ok: false, faults: [{ pointer: "/query/by", rule: `Expected ${expected} where by is given`, got }] };
}
