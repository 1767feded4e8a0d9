import { setImmediate as nextTurn } from "node:timers/promises";
import { Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import type { CloudEvent } from "../../events/cloud-event.ts";
import { encodePulse, type Pulse } from "../../events/pulse.ts";
import type { SentEvent } from "../broker-client.ts";
import { openClock } from "../testing/clock.ts";
import { pulse } from "../testing/pulse.ts";
import { Emitter, type EmitterOptions, type RequestOutcome } from "./emitter.ts";
import { createIngestMetrics } from "./ingest-metrics.ts";

const ACCEPTED: SentEvent = { kind: "accepted", uncertainTries: 0 };
const AWAY: SentEvent = { kind: "unavailable", reason: "the broker answered 503", uncertainTries: 0 };
const PULSE_BYTES = encodePulse(pulse("a")).length + 1;
const many = (count: number): Pulse[] => Array.from({ length: count }, () => pulse("a"));

/** An emitter whose events wait until the test answers them. */
function openEmitter(options: Partial<EmitterOptions> = {}) {
  const sent: { pulses: number; answer: (outcome: SentEvent) => void }[] = [];
  const clock = openClock();
  const metrics = createIngestMetrics([new Registry()]);
  const emitter = new Emitter({
    send: (event) =>
      new Promise((answer) => {
        sent.push({ pulses: pulsesIn(event), answer });
      }),
    metrics,
    maxInFlight: 8,
    maxEventBytes: 100_000,
    bufferMaxPulses: 1000,
    bufferMaxBytes: 1_000_000,
    maxRequestBytes: 4_000_000,
    clock,
    ...options,
  });
  const outcomes: RequestOutcome["kind"][] = [];
  return {
    emitter,
    clock,
    sent,
    outcomes,
    emit: async (count: number) => {
      emitter.emit(many(count)).then(({ kind }) => outcomes.push(kind));
      await nextTurn();
    },
    answer: async (event: number, outcome: SentEvent) => {
      sent[event]?.answer(outcome);
      await nextTurn(); // the emitter takes the answer in
      await nextTurn(); // the emitter sends what waits
    },
    sizes: () => sent.map(({ pulses }) => pulses),
    unacknowledged: async () => (await metrics.unacknowledged.get()).values[0]?.value,
  };
}

function pulsesIn({ data }: CloudEvent): number {
  const value = JSON.parse((data as { bytes: Buffer }).bytes.toString());
  return Array.isArray(value.pulses) ? value.pulses.length : 1;
}

describe("an emitter", () => {
  it("sends at once when idle, and all requests of one turn together", async () => {
    const { emitter, sizes } = openEmitter();
    for (let i = 0; i < 3; i++) emitter.emit(many(1));
    await nextTurn();
    expect(sizes()).toEqual([3]);
  });

  it("buffers while an event is in flight, and sends what waits when its patience ends", async () => {
    const { emit, sizes, clock, emitter } = openEmitter();
    await emit(1);
    await emit(1);
    await emit(1);
    clock.pass(249);
    expect([sizes(), emitter.traffic.inFlight, emitter.traffic.waitingPulses]).toEqual([[1], 1, 2]);
    clock.pass(1);
    expect([sizes(), emitter.traffic.inFlight, emitter.traffic.waitingPulses]).toEqual([[1, 2], 2, 0]);
  });

  it("waits, after the last answer, for the clients to return", async () => {
    const { emit, answer, sizes, clock } = openEmitter();
    await emit(1);
    await emit(1);
    await emit(1);
    clock.pass(50);
    await answer(0, ACCEPTED);
    clock.pass(49);
    expect(sizes()).toEqual([1]);
    clock.pass(1);
    expect(sizes()).toEqual([1, 2]);
  });

  it("never has more events in flight than it may", async () => {
    const { emit, answer, sizes } = openEmitter({ maxInFlight: 2 });
    for (let i = 0; i < 4; i++) await emit(40);
    expect(sizes()).toEqual([40, 40]);
    await answer(1, ACCEPTED);
    expect(sizes()).toEqual([40, 40, 80]);
  });

  it("answers a request when each of its events has an answer", async () => {
    const { emit, answer, sizes, outcomes } = openEmitter({ maxEventBytes: 64 + 20 * PULSE_BYTES });
    await emit(40);
    expect(sizes()).toEqual([20, 20]);
    await answer(1, ACCEPTED);
    expect(outcomes).toEqual([]);
    await answer(0, ACCEPTED);
    expect(outcomes).toEqual(["accepted"]);
  });

  it("fails a request for one failed event, and counts its pulses that the broker has nevertheless", async () => {
    const { emit, answer, outcomes, unacknowledged } = openEmitter({ maxEventBytes: 64 + 30 * PULSE_BYTES });
    await emit(50);
    await answer(0, ACCEPTED);
    await answer(1, AWAY);
    expect([outcomes, await unacknowledged()]).toEqual([["unavailable"], 30]);
  });

  it("counts the pulses of each try that the broker may have taken", async () => {
    const { emit, answer, outcomes, unacknowledged } = openEmitter();
    await emit(5);
    await answer(0, { ...ACCEPTED, uncertainTries: 2 });
    expect([outcomes, await unacknowledged()]).toEqual([["accepted"], 10]);
  });

  it("fails a request whose sender's patience ends, and counts its pulses that the broker takes after all", async () => {
    const { emitter, answer, clock, unacknowledged } = openEmitter();
    const impatient = { client: () => "", bodyBytes: 0, patienceMs: 5000 };
    const late = emitter.emit(many(3), impatient);
    await nextTurn();
    clock.pass(5000);
    expect(await late).toMatchObject({ kind: "unavailable", reason: expect.stringContaining("sender's time") });
    await answer(0, ACCEPTED);
    expect(await unacknowledged()).toBe(3);
    const inTime = emitter.emit(many(1), impatient);
    await nextTurn();
    await answer(1, ACCEPTED);
    clock.pass(5000);
    expect([await inTime, await unacknowledged(), emitter.traffic.openRequests]).toEqual([{ kind: "accepted" }, 3, 0]);
  });

  it("accepts a request without pulses, and sends nothing", async () => {
    const { emit, sizes, outcomes } = openEmitter();
    await emit(0);
    expect([outcomes, sizes()]).toEqual([["accepted"], []]);
  });

  it("flushes: resolves when nothing waits and nothing is in flight", async () => {
    const { emitter, emit, answer } = openEmitter({ maxInFlight: 1 });
    await emitter.flush();
    await emit(1);
    await emit(40);
    let isFlushed = false;
    emitter.flush().then(() => {
      isFlushed = true;
    });
    await answer(0, ACCEPTED);
    expect(isFlushed).toBe(false);
    await answer(1, ACCEPTED);
    expect(isFlushed).toBe(true);
  });
});

it("while the broker asks for less, each client's bodies count, and nobody else's", async () => {
  const { emitter, emit, answer, clock } = openEmitter();
  const send = (client: string) => emitter.emit(many(1), { client: () => client, bodyBytes: 64 * 1024 });
  await emit(1);
  await answer(0, { ...ACCEPTED, slowDownMs: 1000 });
  void send("greedy");
  expect(await send("greedy")).toEqual({ kind: "full" });
  expect(emitter.isFullFor(64 * 1024)).toBe(false);
  void send("polite");
  expect(emitter.traffic.waitingPulses).toBe(2);
  clock.pass(1000);
  void send("greedy");
  expect(emitter.traffic.waitingPulses + emitter.traffic.inFlight).toBe(3);
});

describe("a full buffer", () => {
  it.each([
    ["pulses", { bufferMaxPulses: 2 }],
    ["bytes", { bufferMaxBytes: 2 * PULSE_BYTES }],
  ])("of %s takes none of a request, until an event leaves", async (_, options) => {
    const { emitter, emit, answer, outcomes } = openEmitter({ maxInFlight: 1, ...options });
    await emit(1);
    await emit(2);
    expect(emitter.isFullFor(0)).toBe(false);
    await emit(1);
    expect([outcomes, emitter.isFullFor(0), emitter.traffic.waitingPulses]).toEqual([["full"], true, 2]);
    await answer(0, ACCEPTED);
    expect([outcomes, emitter.isFullFor(0)]).toEqual([["full", "accepted"], false]);
  });

  it("keeps the last eighth of its buffer for small bodies", async () => {
    const { emitter, emit, sent } = openEmitter({ bufferMaxPulses: 16, maxInFlight: 1 });
    const large = (count: number) => emitter.emit(many(count), { client: () => "", bodyBytes: 64 * 1024 + 1 });
    await emit(1);
    expect(sent).toHaveLength(1);
    void large(14);
    expect(await large(1)).toEqual({ kind: "full" });
    expect([emitter.isFullFor(64 * 1024 + 1), emitter.isFullFor(64 * 1024)]).toEqual([true, false]);
    await emit(2);
    expect(emitter.traffic.waitingPulses).toBe(16);
  });

  it("takes a request that is larger than the whole buffer when nothing waits", async () => {
    const { emit, sizes } = openEmitter({ bufferMaxPulses: 2, bufferMaxBytes: 1 });
    await emit(3);
    expect(sizes()).toEqual([3]);
  });

  it("takes no request that is larger than any may be, and stays open for others", async () => {
    const { emitter, emit, sizes } = openEmitter({ maxRequestBytes: 2 * PULSE_BYTES });
    expect(await emitter.emit(many(3))).toEqual({ kind: "too-large", maxBytes: 2 * PULSE_BYTES });
    expect([emitter.isFullFor(0), emitter.traffic.waitingPulses]).toEqual([false, 0]);
    await emit(2);
    expect(sizes()).toEqual([2]);
  });
});
