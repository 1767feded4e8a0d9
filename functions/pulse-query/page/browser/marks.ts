import type { MarkersAnswer } from "../../marker-answers.ts";
import type { ChartMark } from "./chart-options.ts";

/** The same one each time: charts are drawn again when their marks change. */
const NONE: readonly ChartMark[] = [];

/** What changed, oldest first: what somebody marked, and versions that pulses began to say. */
export function marksOf(answer: MarkersAnswer | undefined): readonly ChartMark[] {
  if (answer === undefined) return NONE;
  const said = answer.markers.map(({ time, text, link }) => ({ time: Date.parse(time), words: text, link }));
  const seen = answer.versions.map(({ time, version }) => {
    return { time: Date.parse(time), words: `version ${version}`, link: null };
  });
  const marks = [...said, ...seen].sort((a, b) => a.time - b.time);
  return marks.length === 0 ? NONE : marks;
}
