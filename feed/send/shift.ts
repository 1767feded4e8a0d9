import { MAX_AHEAD_MS } from "../../events/pulse-time.ts";
import type { CsvLayout } from "./csv.ts";
import type { Line } from "./lines.ts";
import { isHeader, type LineRules, readMeasurement } from "./measurement.ts";

interface TimeOfLine {
  time: number;
  line: number;
}

/**
 * By how much to shift the times of a file so that its last one is now; `undefined` when no line names a time. A stray time of the
 * future does not count, because it would move all others far into the past: as long as any line has another time.
 */
export async function shiftOf(
  name: string,
  source: AsyncIterable<Line[]>,
  rules: LineRules,
  layout: CsvLayout | undefined,
  { now, log }: { now: () => number; log: (line: string) => void },
): Promise<number | undefined> {
  log("Looking for the last time in the file …");
  const startedAt = now();
  const ofAnyTime = { ...rules, now: () => Number.POSITIVE_INFINITY };
  let last: TimeOfLine | undefined;
  let lastAhead: TimeOfLine | undefined;
  for await (const lines of source) {
    for (const line of lines) {
      const { text, number, isOpen } = line;
      if (text === undefined || isOpen || isHeader(line, rules)) continue;
      const outcome = readMeasurement(text, number, ofAnyTime, layout);
      const time = outcome.kind === "pulse" ? outcome.measurement.time : undefined;
      if (time === undefined) continue;
      if (time > startedAt + MAX_AHEAD_MS) lastAhead = laterOf(lastAhead, { time, line: number });
      else last = laterOf(last, { time, line: number });
    }
  }
  const anchor = last ?? lastAhead;
  if (anchor === undefined) return undefined;
  if (last !== undefined && lastAhead !== undefined) {
    log(
      `${name}, line ${lastAhead.line}: ${isoOf(lastAhead)} lies in the future, unlike other times. The shift leaves it out.`,
    );
  }
  log(`The last time, ${isoOf(anchor)} in line ${anchor.line}, becomes now.`);
  return now() - anchor.time;
}

function laterOf(former: TimeOfLine | undefined, next: TimeOfLine): TimeOfLine {
  return former === undefined || next.time > former.time ? next : former;
}

function isoOf({ time }: TimeOfLine): string {
  return new Date(time).toISOString();
}
