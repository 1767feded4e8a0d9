import { Agent, request } from "node:http";
import { expect } from "vitest";
import { type Platform, startPlatform, until } from "../platform.ts";
import { isDelivered } from "../read-back.ts";
import { ARRIVAL, type Input, MARK, type Stored } from "./plan.ts";
import { NOW } from "./times.ts";

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** The running product, and its answers to generated inputs. */
export interface Product extends Pick<Platform, "ingest" | "query" | "broker" | "deadletter"> {
  /** A text for {@link MARK}'s place that was never used before. */
  newMark(): string;
  send(base: string, request: Pick<Input, "method" | "path" | "headers">, body?: Buffer): Promise<Answer>;
  get(path: string, headers?: Input["headers"]): Promise<Answer>;
  /** All pulses of some services, once the broker has delivered what it has. */
  read(services: readonly string[]): Promise<Stored[]>;
  /** Fails when one of its processes ended, and ends the others. */
  close(): Promise<void>;
}

export async function startProduct(): Promise<Product> {
  const platform = await startPlatform({ PULSE_MAX_SERVICES: "100000" });
  await until("every process to have told its pid", () => platform.pids.size === 6);
  const pids = new Map(platform.pids);
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  let marks = 0;

  const send: Product["send"] = (base, { method, path, headers }, body) => {
    const { hostname, port } = new URL(base);
    return new Promise((resolve, reject) => {
      const length = body === undefined ? [] : ["content-length", String(body.length)];
      const sent = request(
        { agent, hostname, port, method, path, headers: ["host", hostname, ...headers.flat(), ...length] },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers as Record<string, string>,
              body: Buffer.concat(chunks).toString(),
            }),
          );
        },
      );
      sent.on("error", reject);
      sent.end(body);
    });
  };

  const get = (path: string, headers: Input["headers"] = []) => send(platform.query, { method: "GET", path, headers });

  async function pulsesOf(service: string): Promise<Stored[]> {
    const all: Stored[] = [];
    let cursor = "";
    do {
      const { status, body } = await get(`/services/${encodeURIComponent(service)}/pulses?limit=1000${cursor}`);
      expect(status, body).toBe(200);
      const page = JSON.parse(body);
      all.push(...page.pulses.map(storedOf));
      cursor = page.cursor === undefined ? "" : `&cursor=${encodeURIComponent(page.cursor)}`;
    } while (cursor !== "");
    return all;
  }

  async function read(services: readonly string[]): Promise<Stored[]> {
    await until("the broker to have delivered all", () => isDelivered(platform));
    return (await Promise.all(services.map(pulsesOf))).flat();
  }

  return {
    ...platform,
    newMark: () => `s${(marks++).toString(36).padStart(MARK.length - 1, "0")}`,
    send,
    get,
    read,
    async close() {
      agent.destroy();
      const isAlive = [...platform.pids].every(([role, pid]) => pids.get(role) === pid);
      await platform.dispose();
      expect(isAlive, "no process ended").toBe(true);
    },
  };
}

/** A pulse as pulse-query gives it. What it says of itself besides is for other tests. */
function storedOf(pulse: Stored & { event_time: string }): Stored {
  const { service_name, id, source, event_time, latency_ms, status, metadata = {} } = pulse;
  return { service_name, id, source, event_time: Date.parse(event_time), latency_ms, status, metadata };
}

/** Fails unless the pulses that were read are these, each as it was sent. */
export function expectPulses(read: readonly Stored[], pulses: readonly Stored[]): void {
  expect(byIdentity(read)).toEqual(byIdentity(withArrivals(pulses, read)));
}

/** The pulses with the times of those that got the time of their arrival, if it is one. */
function withArrivals(pulses: readonly Stored[], read: readonly Stored[]): Stored[] {
  const times = new Map(read.map((pulse) => [identityOf(pulse), pulse.event_time as number]));
  return pulses.map((pulse) => {
    const time = times.get(identityOf(pulse)) ?? 0;
    const isArrival = pulse.event_time === ARRIVAL && time >= NOW && time <= Date.now();
    return isArrival ? { ...pulse, event_time: time } : pulse;
  });
}

const identityOf = ({ service_name, source, id }: Stored) => JSON.stringify([service_name, source, id]);

/** As text, because an object hides a member that is named `__proto__`. */
function byIdentity(pulses: readonly Stored[]): string[] {
  return pulses
    .map(
      ({ metadata, ...pulse }) =>
        `${identityOf(pulse as Stored)} ${JSON.stringify(pulse)} ${JSON.stringify(Object.entries(metadata).sort())}`,
    )
    .sort();
}
