import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BROKER_MALLOC_ENV, BROKER_NODE_FLAGS } from "../settings/node-flags.ts";
import { freePort } from "../settings/tcp-ports.ts";
import { post, runLoad } from "./load.ts";
import { cpuMicros, residentMb, type Started, startProgram, stopChild, untilListening } from "./process.ts";
import { benchPulse } from "./requests.ts";
import { median, type Row } from "./table.ts";

const ROUNDS = 4;
const PENDING = /^pulsemesh_broker_pending\{[^}]*sink="subscriber"[^}]*\} (\d+)/m;

/** The local broker alone, with a subscriber that answers at once, beside bare node:http, which only answers. */
export async function benchBroker(seconds: number): Promise<Row[]> {
  const subscriber = await startProgram(["bench/null-broker.ts"], {});
  const bare = await startProgram(["bench/bare-server.ts"], {});
  const broker = await startBroker(subscriber.port);
  const single = JSON.stringify(benchPulse("checkout"));
  const many = JSON.stringify({ pulses: Array.from({ length: 500 }, (_, i) => benchPulse(`service-${i % 20}`)) });
  const measures = {
    bare: { server: bare, connections: 64, next: eventsOf("dev.pulsemesh.pulse.v1", single), rate: undefined },
    single: { server: broker, connections: 64, next: eventsOf("dev.pulsemesh.pulse.v1", single), rate: undefined },
    steady: { server: broker, connections: 64, next: eventsOf("dev.pulsemesh.pulse.v1", single), rate: 4000 },
    many: { server: broker, connections: 8, next: eventsOf("dev.pulsemesh.pulses.v1", many), rate: undefined },
  };
  const cpu: Record<string, number[]> = {};
  const rate: Record<string, number[]> = {};
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, { server, rate: perSecond, ...load }] of Object.entries(measures)) {
      const before = cpuMicros(server.pid);
      const startedAt = performance.now();
      const limit = perSecond === undefined ? {} : { rate: perSecond };
      const result = await runLoad({ port: server.port, ...load, ...limit }, (seconds * 1000) / ROUNDS);
      if (result.refusals > 0) throw new Error(`Expected 2xx only from ${name}, got ${result.refusals} other answers`);
      // An event's whole cost is known when it is delivered.
      if (server === broker) await untilDelivered(broker.port);
      if (round === 0) continue; // warms up
      cpu[name] = [...(cpu[name] ?? []), (cpuMicros(server.pid) - before) / result.answers];
      rate[name] = [...(rate[name] ?? []), (result.answers * 1000) / (performance.now() - startedAt)];
    }
  }
  const memory = residentMb(broker.pid).toFixed(0);
  await Promise.all([subscriber, bare, broker].map((program) => program.stop()));

  const cpuOf = (name: string) => median(cpu[name] as number[]);
  const rowOf = (what: string, name: string): Row => ({
    what,
    figure: `${cpuOf(name).toFixed(0)} µs an event, ${Math.round(median(rate[name] as number[])).toLocaleString("en")}/s delivered`,
    beside: `${(cpuOf(name) / cpuOf("bare")).toFixed(2)} × bare (${cpuOf("bare").toFixed(1)} µs)`,
  });
  return [
    rowOf("broker, events of one pulse, 64 connections", "single"),
    rowOf("broker, events of one pulse, 4,000/s", "steady"),
    rowOf(`broker, events of 500 pulses (${Math.round(many.length / 1000)} kB), 8 connections`, "many"),
    { what: "broker, resident memory after that", figure: `${memory} MB` },
  ];
}

function eventsOf(type: string, body: string): () => Buffer {
  let count = 0;
  const common = {
    "content-type": "application/json",
    "ce-specversion": "1.0",
    "ce-source": "/bench",
    "ce-type": type,
  };
  return () => post("/default/pulsemesh", { ...common, "ce-id": `bench-${count++}`, "ce-subject": "checkout" }, body);
}

async function startBroker(subscriberPort: number): Promise<Started> {
  const folder = await mkdtemp(join(tmpdir(), "pulsemesh-bench-"));
  const port = await freePort();
  const child = spawn(process.execPath, [...BROKER_NODE_FLAGS, "local/broker/main.ts"], {
    env: {
      ...process.env,
      ...BROKER_MALLOC_ENV,
      PULSE_LOG_LEVEL: "warn",
      PULSE_DATA_DIR: folder,
      PULSE_LOCAL_BROKER_PORT: String(port),
      PULSE_LOCAL_PERSIST_PORT: String(subscriberPort),
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  await untilListening(port, child);
  const stop = async () => {
    await stopChild(child);
    await rm(folder, { recursive: true });
  };
  return { pid: child.pid as number, port, stop };
}

async function untilDelivered(port: number): Promise<void> {
  for (;;) {
    const text = await (await fetch(`http://localhost:${port}/metrics`)).text();
    if (PENDING.exec(text)?.[1] === "0") return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
