import { describe, expect, it, onTestFinished, vi } from "vitest";
import { pulsesIn } from "../loopback-broker.ts";
import { metricOf, open, PATIENT, post, pulse } from "./ingest-host.ts";

/** Makes the time stand still for the events, but for the milliseconds that the test lets pass. */
function stopTime(): (ms: number) => void {
  let now = performance.now();
  const clock = vi.spyOn(performance, "now").mockImplementation(() => now);
  onTestFinished(() => clock.mockRestore());
  return (ms) => {
    now += ms;
  };
}

describe("while an event is on its way", () => {
  it("an event goes beside the one on its way when it is large, or when that one stays away", async () => {
    const { broker, host } = await open(PATIENT);
    const pass = stopTime();
    broker.answer = () => "hang";
    const answers = [post(host, pulse("first"))];
    await vi.waitFor(() => expect(broker.received).toHaveLength(1));
    const some = (name: string, count: number) => Array.from({ length: count }, (_, i) => pulse(`${name}-${i}`));
    answers.push(post(host, some("a", 10)));
    await vi.waitFor(async () => expect(await metricOf(host, "pulsemesh_emit_queue_pulses")).toBe(10));
    expect(broker.received).toHaveLength(1);
    answers.push(post(host, some("b", 30)));
    await vi.waitFor(() => expect(broker.received).toHaveLength(2));
    expect(pulsesIn(broker.received.slice(1))).toHaveLength(40);
    answers.push(post(host, pulse("later")));
    await vi.waitFor(async () => expect(await metricOf(host, "pulsemesh_emit_queue_pulses")).toBe(1));
    expect(broker.received).toHaveLength(2);
    pass(250);
    await vi.waitFor(() => expect(broker.received).toHaveLength(3));
    broker.answer = () => 202;
    broker.release(202);
    expect(new Set((await Promise.all(answers)).map(({ status }) => status))).toEqual(new Set([202]));
  });

  it("an event of sixteen goes beside the one on its way once no more come", async () => {
    const { broker, host } = await open(PATIENT);
    stopTime();
    broker.answer = () => "hang";
    const answers = [post(host, pulse("first"))];
    await vi.waitFor(() => expect(broker.received).toHaveLength(1));
    for (let i = 0; i < 15; i++) answers.push(post(host, pulse(`a-${i}`)));
    await vi.waitFor(async () => expect(await metricOf(host, "pulsemesh_emit_queue_pulses")).toBe(15));
    expect(broker.received).toHaveLength(1);
    answers.push(post(host, pulse("a-15")));
    await vi.waitFor(() => expect(broker.received).toHaveLength(2));
    expect(pulsesIn(broker.received.slice(1))).toHaveLength(16);
    broker.answer = () => 202;
    broker.release(202);
    expect(new Set((await Promise.all(answers)).map(({ status }) => status))).toEqual(new Set([202]));
  });

  it("after an event of several requests the next waits for half as long as that was away, and a lone client's for nothing", async () => {
    const { broker, host } = await open(PATIENT);
    const pass = stopTime();
    broker.answer = () => "hang";
    const alone = post(host, pulse("alone"));
    await vi.waitFor(() => expect(broker.received).toHaveLength(1));
    pass(100);
    const two = [post(host, pulse("a")), post(host, pulse("b"))];
    await vi.waitFor(async () => expect(await metricOf(host, "pulsemesh_emit_queue_pulses")).toBe(2));
    broker.release(202);
    expect((await alone).status).toBe(202);
    await vi.waitFor(() => expect(broker.received).toHaveLength(2));
    pass(100);
    const last = post(host, pulse("c"));
    await vi.waitFor(async () => expect(await metricOf(host, "pulsemesh_emit_queue_pulses")).toBe(1));
    broker.answer = () => 202;
    broker.release(202);
    expect((await Promise.all(two)).map(({ status }) => status)).toEqual([202, 202]);
    pass(49);
    expect(await metricOf(host, "pulsemesh_emit_queue_pulses")).toBe(1);
    expect(broker.received).toHaveLength(2);
    pass(1);
    expect((await last).status).toBe(202);
    expect(broker.received).toHaveLength(3);
  });
});
