import type { Readable } from "node:stream";
import { Live, type LiveOptions, type LiveSource } from "./live.ts";

/** A live stream for each service that somebody looks at. All of them share one limit of listeners. */
export class ServiceStreams<T> {
  readonly #sourceOf: (service: string) => LiveSource<T>;
  readonly #options: LiveOptions;
  readonly #lives = new Map<string, Live<T>>();
  #isEnded = false;

  constructor(sourceOf: (service: string) => LiveSource<T>, options: LiveOptions) {
    this.#sourceOf = sourceOf;
    this.#options = options;
  }

  /** A new stream; `undefined` when there are too many listeners, or after `end`. */
  listen(service: string): Readable | undefined {
    if (this.#isEnded) return undefined;
    let listeners = 0;
    for (const live of this.#lives.values()) listeners += live.listeners;
    if (listeners >= this.#options.maxListeners) return undefined;
    let live = this.#lives.get(service);
    if (live === undefined) {
      live = new Live(this.#sourceOf(service), { ...this.#options, onIdle: () => this.#lives.delete(service) });
      this.#lives.set(service, live);
    }
    return live.listen();
  }

  /** Ends every stream, and lets none begin. */
  end(): void {
    this.#isEnded = true;
    for (const live of this.#lives.values()) live.end();
  }
}
