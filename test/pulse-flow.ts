/** Pulses with distinct ids, which several clients send in every supported format and repeat until acknowledged. */
export interface PulseFlow {
  /** The names of the pulses' services. */
  services: readonly string[];
  /** The ids acknowledged so far. */
  acked: ReadonlySet<string>;
  /** How many requests were repeated so far. */
  retries: number;
  /** Sends all pulses; rejects when an answer allows no repetition. */
  run(): Promise<void>;
}

export interface PulseFlowOptions {
  /** A part of all ids and services' names, so that a flow reads back its own pulses only. */
  name: string;
  total: number;
  clients: number;
  /** pulse-ingest's URL. */
  ingest: string;
  /** The broker's URL; when given, a quarter of the clients send to it. */
  broker?: string;
  random: () => number;
  /** The answers that a client repeats its request after. Every other answer must be 202. */
  retryOn: readonly number[];
}

const RETRY_AFTER_MS = 20;

export function createPulseFlow(options: PulseFlowOptions): PulseFlow {
  const { name, total, clients, ingest, broker, random } = options;
  const services = Array.from({ length: 8 }, (_, i) => `${name}-${i}`);
  const acked = new Set<string>();
  let next = 0;
  const flow: PulseFlow = { services, acked, retries: 0, run };

  async function run(): Promise<void> {
    await Promise.all(Array.from({ length: clients }, (_, client) => runClient(client)));
  }

  async function runClient(client: number): Promise<void> {
    while (next < total) {
      const count = Math.min(1 + Math.floor(random() * 12), total - next);
      const numbers = Array.from({ length: count }, (_, i) => next + i);
      next += count;
      while (!(await post(numbers, client % 4))) {
        flow.retries++;
        await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER_MS));
      }
      for (const number of numbers) acked.add(idOf(number));
    }
  }

  /** Sends one request in one of four formats. @returns whether it was acknowledged */
  function post(numbers: readonly number[], way: number): Promise<boolean> {
    const pulses = numbers.map((number) => ({ ...pulseOf(number), id: idOf(number) }));
    if (way === 0) return send(`${ingest}/pulse`, "application/json", JSON.stringify(pulses));
    if (way === 1) {
      const lines = pulses.map((pulse) => JSON.stringify(pulse)).join("\n");
      return send(`${ingest}/pulse`, "application/x-ndjson", lines);
    }
    const events = pulses.map(({ id, ...data }) => ({
      specversion: "1.0",
      id,
      source: `/${name}`,
      type: "dev.pulsemesh.pulse.v1",
      data,
    }));
    if (way === 2 || broker === undefined)
      return send(`${ingest}/`, "application/cloudevents-batch+json", JSON.stringify(events));
    // A broker takes single events only, so one event carries all pulses.
    const event = { ...events[0], type: "dev.pulsemesh.pulses.v1", data: { pulses } };
    return send(broker, "application/cloudevents+json", JSON.stringify(event));
  }

  async function send(url: string, contentType: string, body: string): Promise<boolean> {
    try {
      const response = await fetch(url, { method: "POST", headers: { "content-type": contentType }, body });
      const text = await response.text();
      if (response.status === 202) return true;
      if (options.retryOn.includes(response.status)) return false;
      throw new Error(`Expected 202 or one of ${options.retryOn} of ${url}, got ${response.status}: ${text}`);
    } catch (error) {
      if (error instanceof TypeError) return false; // fetch's own: refused or reset
      throw error;
    }
  }

  function idOf(number: number): string {
    return `${name}-pulse-${number}`;
  }

  function pulseOf(number: number) {
    return {
      service_name: services[number % services.length],
      latency_ms: number % 500,
      status: number % 50 === 0 ? "error" : "ok",
    };
  }

  return flow;
}

/** A seeded random generator (mulberry32), so that a failing run can be repeated. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
