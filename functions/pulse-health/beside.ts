/** Of so many services one may be judged beside the rounds. Where more take long, the store is slow, and nobody is judged in time. */
const PER_SERVICE = 100;

/**
 * Works on services that take long: a client that sends much in bulk makes its service slow to read. They go on beside the rounds,
 * so that all other services are judged in time.
 */
export class Beside {
  readonly #patienceMs: number;
  readonly #services = new Set<string>();

  /** @param patienceMs how long a round waits for one service */
  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs;
  }

  get size(): number {
    return this.#services.size;
  }

  has(service: string): boolean {
    return this.#services.has(service);
  }

  /**
   * Waits for a work of a round over so many services. `undefined` where it goes on beside it: then `later` gets what it says, and is
   * waited for before the service has another work.
   */
  async wait<T>(
    service: string,
    work: Promise<T>,
    { services, later }: { services: number; later: (said: T) => Promise<void> },
  ): Promise<{ said: T } | undefined> {
    const { promise: late, resolve } = Promise.withResolvers<undefined>();
    const most = Math.max(1, Math.floor(services / PER_SERVICE));
    const timer = setInterval(() => {
      if (this.#services.size >= most) return;
      this.#services.add(service);
      resolve(undefined);
    }, this.#patienceMs);
    try {
      const ended = await Promise.race([work.then((said) => ({ said })), late]);
      if (ended === undefined) this.#goOn(service, work.then(later));
      return ended;
    } finally {
      clearInterval(timer);
    }
  }

  #goOn(service: string, work: Promise<void>): void {
    const leave = () => void this.#services.delete(service);
    // Where the store was away, the next round says so, and judges the service again.
    work.then(leave, leave);
  }
}
