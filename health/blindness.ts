// When PulseMesh itself stored nothing: the silence of a service tells nothing then.
import { OWN_SERVICE } from "../events/own-service.ts";
import type { PulseReader } from "../storage/ports.ts";
import type { Span } from "../storage/span.ts";
import { floorTo } from "../storage/tiers.ts";
import { CELL_MS } from "./cell.ts";
import { PulseTimes } from "./pulse-times.ts";

/** A keeper pulses once in a cell. What is missing for longer than it takes to start another one was not seen. */
export const BLIND_AFTER_MS = 40_000;

/** The times of PulseMesh's own pulses in a span (epoch ms), in order: one of a cell, of which several keepers may have made some. */
export async function ownPulseTimes(reader: Pick<PulseReader, "measures">, span: Span): Promise<number[]> {
  const times: number[] = [];
  for await (const chunk of reader.measures(OWN_SERVICE, span)) {
    for (const [time] of chunk) {
      const last = times.at(-1);
      if (last === undefined || floorTo(CELL_MS, last) !== floorTo(CELL_MS, time)) times.push(time);
    }
  }
  return times.reverse();
}

/** When PulseMesh was blind in a span, in order. Nothing is known of the time before its first own pulse there. */
export async function blindSpans(reader: Pick<PulseReader, "measures">, span: Span): Promise<Span[]> {
  const times = new PulseTimes();
  times.replace(span, await ownPulseTimes(reader, span));
  return times.gaps(span.to, BLIND_AFTER_MS);
}
