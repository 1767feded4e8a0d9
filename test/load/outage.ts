import { setTimeout as delay } from "node:timers/promises";
import type { CassandraNode } from "../../local/cassandra/node.ts";

const AWAY_MS = 20_000;
/** How long what waited for Cassandra may take, on a busy machine. */
const SETTLED_MS = 5 * 60_000;

/** When Cassandra was away, and whether the list of services has been current since. */
export class Outage {
  /** When Cassandra was back; infinite while it is away. */
  #backAt = Number.NEGATIVE_INFINITY;
  #isCatchingUp = false;

  async make(node: CassandraNode): Promise<void> {
    this.#backAt = Number.POSITIVE_INFINITY;
    this.#isCatchingUp = true;
    await node.kill();
    await delay(AWAY_MS);
    await node.restart();
    this.#backAt = performance.now();
    console.log("Cassandra was killed, and is back");
  }

  get isSettled(): boolean {
    return performance.now() > this.#backAt + SETTLED_MS;
  }

  noteCurrent(): void {
    const backMs = performance.now() - this.#backAt;
    if (!this.#isCatchingUp || backMs < 0) return;
    this.#isCatchingUp = false;
    console.log(`${Math.round(backMs / 1000)} s after Cassandra was back, the list was current`);
  }
}
