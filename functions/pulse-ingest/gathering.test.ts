import { describe, expect, it, vi } from "vitest";
import { pulsesIn } from "../testing/broker.ts";
import { openClock } from "../testing/clock.ts";
import { metricOf, openIngest, PATIENT, post, pulse } from "../testing/ingest-function.ts";

describe("while an event is in flight", () => {
  it("another goes beside it when it is large, or when the first stays away", async () => {
    const { pass, ...clock } = openClock();
    const { broker, host } = await openIngest(PATIENT, clock);
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

  it("one of sixteen pulses goes beside it when all clients wait", async () => {
    const { broker, host } = await openIngest(PATIENT, openClock());
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

  it("the next waits until all its clients are back, and no longer for those that stay away", async () => {
    const { pass, ...clock } = openClock();
    const { broker, host } = await openIngest(PATIENT, clock);
    broker.answer = () => "hang";
    let clients = 0;
    const comeAll = (count: number) => Array.from({ length: count }, () => post(host, pulse(`c-${clients++}`)));
    const seeEvents = (count: number) => vi.waitFor(() => expect(broker.received).toHaveLength(count));
    const seeWaiting = (count: number) =>
      vi.waitFor(async () => expect(await metricOf(host, "pulsemesh_emit_queue_pulses")).toBe(count));
    const answerAll = async (answers: Promise<{ status: number }>[]) => {
      pass(100);
      broker.release(202);
      expect(new Set((await Promise.all(answers)).map(({ status }) => status))).toEqual(new Set([202]));
    };

    const first = comeAll(1);
    await seeEvents(1);
    first.push(...comeAll(16));
    await seeEvents(2);
    await answerAll(first);
    const second = comeAll(15);
    await seeWaiting(15);
    expect(broker.received).toHaveLength(2);
    second.push(...comeAll(2));
    await seeEvents(3);
    const third = comeAll(4);
    await seeWaiting(4);
    await answerAll(second);
    third.push(...comeAll(16)); // 20 of the 21 that were open
    await seeWaiting(20);
    expect(broker.received).toHaveLength(3);
    third.push(...comeAll(1));
    await seeEvents(4);
    await answerAll(third);

    let events = 4;
    for (let i = 0; i < 23; i++) {
      const two = comeAll(2);
      await seeWaiting(2);
      pass(100);
      await seeEvents(++events);
      await answerAll(two);
    }
    const last = comeAll(2);
    await seeEvents(++events);
    await answerAll(last);
  });

  it("a lone client never waits; others wait for those just answered, as long as their event was away", async () => {
    const { pass, ...clock } = openClock();
    const { broker, host } = await openIngest(PATIENT, clock);
    broker.answer = () => "hang";
    for (let events = 1; events <= 2; events++) {
      const alone = post(host, pulse(`alone-${events}`));
      await vi.waitFor(() => expect(broker.received).toHaveLength(events));
      pass(100);
      broker.release(202);
      expect((await alone).status).toBe(202);
    }
    const alone = post(host, pulse("alone-3"));
    await vi.waitFor(() => expect(broker.received).toHaveLength(3));
    const two = [post(host, pulse("a")), post(host, pulse("b"))];
    await vi.waitFor(async () => expect(await metricOf(host, "pulsemesh_emit_queue_pulses")).toBe(2));
    pass(100);
    broker.answer = () => 202;
    broker.release(202);
    expect((await alone).status).toBe(202);
    pass(99);
    expect(await metricOf(host, "pulsemesh_emit_queue_pulses")).toBe(2);
    expect(broker.received).toHaveLength(3);
    pass(1);
    expect((await Promise.all(two)).map(({ status }) => status)).toEqual([202, 202]);
    expect(pulsesIn(broker.received.slice(3))).toHaveLength(2);
  });
});
