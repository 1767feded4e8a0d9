import { type Load, runLoad } from "./load.ts";
import { cpuMicros, type Started } from "./process.ts";
import { median } from "./table.ts";

const ROUNDS = 5;
const WARM_UP_MS = 1000;

/** A load on a server. */
export interface Measure extends Pick<Load, "connections" | "next"> {
  server: Started;
  /** What a request carries, such as pulses: figures are of one. */
  parts: number;
}

/** What one part of a load took. */
export interface Cost {
  /** The server's CPU in µs. */
  cpu: number;
  perSecond: number;
}

/** Puts loads on servers in turns, so that a drift of the machine's speed hits all alike. @returns medians by the loads' names */
export async function measureInTurns<Name extends string>(
  measures: Readonly<Record<Name, Measure>>,
  seconds: number,
): Promise<Record<Name, Cost>> {
  const names = Object.keys(measures) as Name[];
  const figures = new Map(names.map((name) => [name, { cpu: [] as number[], perSecond: [] as number[] }]));
  // The first round warms up.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, { cpu, perSecond }] of figures) {
      const { server, parts, connections, next } = measures[name];
      const load = { port: server.port, connections, next };
      // A server compiles again after a change of load; that is no part of a request's cost.
      await runLoad(load, WARM_UP_MS);
      const before = cpuMicros(server.pid);
      const result = await runLoad(load, (seconds * 1000) / ROUNDS);
      if (result.refusals > 0) throw new Error(`Expected 2xx only from ${name}, got ${result.refusals} other answers`);
      if (round === 0) continue;
      cpu.push((cpuMicros(server.pid) - before) / (result.answers * parts));
      perSecond.push((result.answers * parts) / result.seconds);
    }
  }
  const costs = Array.from(figures, ([name, { cpu, perSecond }]) => [
    name,
    { cpu: median(cpu), perSecond: median(perSecond) },
  ]);
  return Object.fromEntries(costs);
}
