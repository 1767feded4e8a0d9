/** A map of bounded size: past it, the key that was set longest ago goes first. */
export class BoundedMap<V> {
  readonly #max: number;
  readonly #values = new Map<string, V>();

  constructor(max: number) {
    this.#max = max;
  }

  get(key: string): V | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: V): void {
    // A Map keeps its keys in the order of their first `set`: deleted before, a key that is set again becomes the last.
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size > this.#max) this.#values.delete(this.#values.keys().next().value as string);
  }

  clear(): void {
    this.#values.clear();
  }
}
