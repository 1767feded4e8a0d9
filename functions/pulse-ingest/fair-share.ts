import { type Chunk, countFitting } from "./chunks.ts";

/** A request whose pulses wait: who sends it is found out once that matters. */
export interface Claimant {
  client: () => string;
  /** Whether an event has left without it while it was the oldest. */
  isPassedOver: boolean;
}

/**
 * Takes the chunks of the next event out of those that wait, the oldest first: all that fit. While more wait than fit, clients
 * with little go before clients with much, so that nobody waits for another's bulk; the oldest is passed over once at most.
 */
export function takeFairly<R extends Claimant>(waiting: Chunk<R>[], maxEventBytes: number): Chunk<R>[] {
  const count = countFitting(waiting, maxEventBytes);
  const oldest = waiting[0]?.request;
  if (count === waiting.length || oldest === undefined || oldest.isPassedOver) return waiting.splice(0, count);
  const byClient = Map.groupBy(waiting, ({ request }) => request.client());
  if (byClient.size === 1) return waiting.splice(0, count);
  const weightOf = (chunks: readonly Chunk<R>[]) => chunks.reduce((bytes, chunk) => bytes + chunk.bytes, 0);
  const lightestFirst = Array.from(byClient.values(), (chunks) => ({ chunks, weight: weightOf(chunks) }))
    .sort((a, b) => a.weight - b.weight)
    .flatMap(({ chunks }) => chunks);
  const chosen = lightestFirst.slice(0, countFitting(lightestFirst, maxEventBytes));
  const taken = new Set(chosen);
  oldest.isPassedOver = !taken.has(waiting[0] as Chunk<R>);
  waiting.splice(0, waiting.length, ...waiting.filter((chunk) => !taken.has(chunk)));
  return chosen;
}
