import type { ServerResponse } from "node:http";
import { expect, it } from "vitest";
import { openTestBroker, post } from "../testing/broker.ts";
import { Flow } from "./flow.ts";

/** Two seconds in which so many bytes come and leave, the last of which waited for so long. */
interface Seconds {
  came: number;
  left: number;
  waitedMs: number;
}

/** Whether a queue is overloaded after each step. */
function overloads(steps: readonly Seconds[]): boolean[] {
  let now = 0;
  const flow = new Flow(() => now);
  return steps.map(({ came, left, waitedMs }) => {
    flow.came(came);
    flow.began(waitedMs);
    if (left > 0) flow.left(left);
    now += 2000;
    return flow.isOverloaded;
  });
}

it("a queue is overloaded when events wait for long and more come than leave, until they wait for little again", () => {
  const steps = [
    { came: 300, left: 100, waitedMs: 1000 },
    { came: 300, left: 100, waitedMs: 5001 },
    { came: 10, left: 100, waitedMs: 4000 },
    { came: 10, left: 100, waitedMs: 1999 },
  ];
  expect(overloads(steps)).toEqual([false, true, true, false]);
});

it("what an outage has left is no overload while it grows less, nor is an absent subscriber", () => {
  expect(overloads([{ came: 79, left: 100, waitedMs: 600_000 }])).toEqual([false]);
  expect(overloads([{ came: 300, left: 0, waitedMs: 600_000 }])).toEqual([false]);
});

it("a broker asks its senders for less while a slow subscriber makes events wait", async () => {
  const { url, subscriber } = await openTestBroker();
  const unanswered: ServerResponse[] = [];
  subscriber.answerWith((_, response) => void unanswered.push(response));
  const asks: (string | null)[] = [];
  await expect
    .poll(async () => {
      const answers = await Promise.all(Array.from({ length: 8 }, () => post(url, `${asks.length}`)));
      expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(202));
      // Eight come, and one leaves.
      unanswered.shift()?.writeHead(204).end();
      asks.push(...answers.map(({ headers }) => headers.get("retry-after")));
      return asks.at(-1);
    })
    .toBe("1");
  expect(asks[0]).toBeNull();
});
