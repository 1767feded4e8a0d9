import type { CloudEvent } from "../../events/cloud-event.ts";
import { encodePulse, encodePulses, type Pulse } from "../../events/pulse.ts";
import { canBeEvent, eventOfMany, eventOfOne } from "../../events/pulse-event.ts";
import { uuidV7 } from "../uuid-v7.ts";

/** Pulses of one request that travel in one event, alone or with chunks of other requests. */
export interface Chunk<Request> {
  request: Request;
  pulses: number;
  bytes: number;
  /** Each with one pulse or more, commas between. */
  encoded: string[];
  /** The pulse of a chunk of one: unless other chunks join it, it travels as an event of a single pulse where it can. */
  single: Pulse | undefined;
}

/** So many pulses are encoded in one go. */
const AT_ONCE = 256;
/** What `{"pulses":[…]}` adds to the pulses, generously. */
const ENVELOPE_BYTES = 64;

/**
 * Splits a request's pulses into chunks, each small enough for an event. It stops once they take more than `maxBytes` together:
 * a text that many pulses share makes large events of a small body.
 */
export function chunksOf<Request>(
  pulses: readonly Pulse[],
  request: Request,
  maxEventBytes: number,
  maxBytes = Number.POSITIVE_INFINITY,
): Chunk<Request>[] {
  const chunks: Chunk<Request>[] = [];
  const maxChunkBytes = maxEventBytes - ENVELOPE_BYTES;
  let all = 0;
  let last: Chunk<Request> | undefined;
  const add = (text: string, bytes: number, count: number, pulse: Pulse) => {
    if (last === undefined || last.bytes + bytes > maxChunkBytes) {
      last = { request, pulses: 0, bytes: 0, encoded: [], single: pulse };
      chunks.push(last);
    }
    last.pulses += count;
    last.bytes += bytes;
    all += bytes;
    last.encoded.push(text);
    if (last.pulses > 1) last.single = undefined;
  };
  for (let start = 0; start < pulses.length && all <= maxBytes; start += AT_ONCE) {
    const some = pulses.length <= AT_ONCE ? pulses : pulses.slice(start, start + AT_ONCE);
    const [first] = some as readonly [Pulse];
    // One alone is written alone: a part of a text costs more where texts are joined.
    const text = some.length === 1 ? encodePulse(first) : encodePulses(some);
    const bytes = Buffer.byteLength(text) + 1;
    if (some.length === 1 || bytes <= maxChunkBytes) add(text, bytes, some.length, first);
    else {
      for (const pulse of some) {
        const alone = encodePulse(pulse);
        add(alone, Buffer.byteLength(alone) + 1, 1, pulse);
      }
    }
  }
  return chunks;
}

/** How many of the chunks, from the first, fit in one event together: at least one. */
export function countFitting(chunks: readonly Chunk<unknown>[], maxEventBytes: number): number {
  let bytes = 0;
  let count = 0;
  for (const chunk of chunks) {
    bytes += chunk.bytes;
    if (count > 0 && bytes > maxEventBytes - ENVELOPE_BYTES) break;
    count++;
  }
  return count;
}

/** One event with the pulses of all chunks. */
export function eventOf(chunks: readonly Chunk<unknown>[]): CloudEvent {
  const [first] = chunks as readonly [Chunk<unknown>];
  // Asked only of a pulse that is alone: on a busy process hardly any is.
  if (chunks.length === 1 && first.single !== undefined && canBeEvent(first.single)) return eventOfOne(first.single);
  return eventOfMany(uuidV7(), chunks.length === 1 ? first.encoded : chunks.flatMap((chunk) => chunk.encoded));
}
