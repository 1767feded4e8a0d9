import { setTimeout as delay } from "node:timers/promises";

/** The outcomes of a load. */
export interface LoadCounts {
  accepted: Set<string>;
  /** Refused connections, whose requests were repeated. */
  refused: number;
  /** Every answer that was not 202, and every connection that broke. */
  failures: string[];
}

/** Clients that post until they are stopped. */
export interface SteadyLoad {
  counts: LoadCounts;
  stop(): Promise<LoadCounts>;
}

const PAUSE_MS = 10;

/** Starts clients that each post one pulse after the other and repeat a request only when its connection was refused. */
export function startSteadyLoad(url: string, service: string, clients: number): SteadyLoad {
  const counts: LoadCounts = { accepted: new Set(), refused: 0, failures: [] };
  let isOver = false;

  async function runClient(client: number): Promise<void> {
    for (let i = 0; !isOver; i++) {
      const id = `${service}-${client}-${i}`;
      const body = JSON.stringify({ service_name: service, latency_ms: 1, status: "ok", id });
      const outcome = await post(body);
      if (outcome === "ECONNREFUSED") {
        counts.refused++;
        i--;
      } else if (outcome === 202) counts.accepted.add(id);
      else counts.failures.push(`${id}: ${outcome}`);
      await delay(PAUSE_MS);
    }
  }

  async function post(body: string): Promise<number | string> {
    try {
      const headers = { "content-type": "application/json" };
      const response = await fetch(`${url}/pulse`, { method: "POST", headers, body });
      await response.arrayBuffer();
      return response.status;
    } catch (error) {
      const { cause } = error as { cause?: { code?: string } };
      return cause?.code ?? String(error);
    }
  }

  const running = Promise.all(Array.from({ length: clients }, (_, client) => runClient(client)));
  return {
    counts,
    async stop() {
      isOver = true;
      await running;
      return counts;
    },
  };
}
