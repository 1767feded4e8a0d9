// Random numbers from keys: what a fleet does at a moment depends on the seed and the moment only, not on when a run begins.

/** Draws numbers in [0, 1) that depend on the keys only. Not for secrets. */
export function randomOf(...keys: number[]): () => number {
  let state = 0x9e3779b9;
  for (const key of keys) {
    state = mix(state ^ (key >>> 0));
    state = mix(state ^ (Math.floor(key / 0x1_0000_0000) >>> 0));
  }
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    return mix(state) / 0x1_0000_0000;
  };
}

// The finalizer of MurmurHash3 (32 bits): each bit of the input changes about half of the output's bits.
function mix(value: number): number {
  let h = value >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A number of the normal distribution with mean 0 and deviation 1 (Box and Muller). */
export function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Words, and how often each is drawn in relation to the others. */
export type Weights = Readonly<Record<string, number>>;

/** One of the words, by their weights. */
export function pick(random: () => number, weights: Weights): string {
  const words = Object.keys(weights);
  let left = random() * words.reduce((sum, word) => sum + (weights[word] ?? 0), 0);
  for (const word of words) {
    left -= weights[word] ?? 0;
    if (left < 0) return word;
  }
  return words.at(-1) ?? "";
}
