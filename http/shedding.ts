/** A body that is being read. */
export interface Sheddable {
  bytes: number;
  /** Who sends it. */
  readonly client: string;
  /** How long it has brought next to nothing, in ms. */
  behindMs: number;
}

/** Up to this size a body keeps its share where large ones take all that there is. */
export const SMALL_BYTES = 64 * 1024;
/** A body that has brought next to nothing for so long gives way before those that go on. */
const STALLED_MS = 1000;

/**
 * The body that gives way when memory is short: one of the client that takes most. Of that client's it is one that is not
 * small, the longest stalled or else the newest, so that the oldest one that goes on comes to its end.
 * @param bodies the oldest first; at least one
 */
export function firstToShed<B extends Sheddable>(bodies: Iterable<B>): B {
  const byClient = new Map<string, { bytes: number; bodies: B[] }>();
  let greediest: { bytes: number; bodies: B[] } = { bytes: -1, bodies: [] };
  for (const body of bodies) {
    const one = byClient.get(body.client) ?? { bytes: 0, bodies: [] };
    byClient.set(body.client, one);
    one.bytes += body.bytes;
    one.bodies.push(body);
  }
  for (const one of byClient.values()) if (one.bytes > greediest.bytes) greediest = one;
  let chosen = greediest.bodies.at(-1) as B;
  for (const body of greediest.bodies) if (rankOf(body) >= rankOf(chosen)) chosen = body;
  return chosen;
}

/** The higher, the sooner a body gives way. */
function rankOf({ bytes, behindMs }: Sheddable): number {
  if (bytes <= SMALL_BYTES) return -1;
  return behindMs >= STALLED_MS ? behindMs : 0;
}
