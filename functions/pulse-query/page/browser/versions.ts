import type { PulseView } from "../../answers.ts";
import type { ChartMark } from "./chart-options.ts";

/** The same one each time: charts are drawn again when their marks change. */
const NONE: readonly ChartMark[] = [];

/**
 * When a new `metadata.version` was first seen among some pulses. Not each change: while instances are replaced one by one, old
 * and new pulses alternate.
 */
export function firstOfVersions(pulses: readonly PulseView[]): readonly ChartMark[] {
  const seen = new Set<string>();
  const marks: ChartMark[] = [];
  for (const { event_time, metadata } of pulses.toReversed()) {
    const version = metadata?.version;
    if (version === undefined || seen.has(version)) continue;
    if (seen.size > 0) marks.push({ time: Date.parse(event_time), words: `version ${version}` });
    seen.add(version);
  }
  return marks.length === 0 ? NONE : marks;
}
