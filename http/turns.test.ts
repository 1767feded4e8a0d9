import { expect, it, vi } from "vitest";
import { Pace } from "./pace.ts";
import { Turns } from "./turns.ts";

const worker = (turns: Turns, pieces: string[]) => async (client: string, count: number) => {
  for (let i = 0; i < count; i++) {
    await turns.next(client);
    pieces.push(client);
  }
};

it("gives each client one piece in turn, however many works it has", async () => {
  const pieces: string[] = [];
  const work = worker(new Turns({ now: () => 0 }), pieces);
  await Promise.all([...Array.from({ length: 8 }, () => work("greedy", 3)), work("polite", 4), work("other", 2)]);
  expect(pieces.slice(0, 10).join(" ")).toBe("greedy polite other greedy polite other greedy polite greedy polite");
  expect(pieces.filter((one) => one === "greedy")).toHaveLength(24);
});

it("a newcomer's pieces come before those of a client that has lately had many, and no longer once that is past", async () => {
  let now = 0;
  const turns = new Turns({ now: () => now });
  const pieces: string[] = [];
  const work = worker(turns, pieces);
  await work("greedy", 5);
  const newest = (count: number) => pieces.splice(0).slice(0, count).join(" ");
  newest(0);
  await Promise.all([work("greedy", 3), work("polite", 3)]);
  expect(newest(4)).toBe("polite polite polite greedy");
  now = 60_000;
  await Promise.all([work("greedy", 2), work("polite", 2)]);
  expect(newest(4)).toBe("greedy polite greedy polite");
});

it("serves what else is ready between two pieces", async () => {
  const seen: string[] = [];
  const work = worker(new Turns(), seen);
  let ready = setImmediate(function tick() {
    seen.push("tick");
    ready = setImmediate(tick);
  });
  await Promise.all(Array.from({ length: 10 }, () => work("a", 3)));
  clearImmediate(ready);
  expect(seen.join(" ")).toContain("a tick a");
});

it("the pace hears whose turns took how long", async () => {
  let now = 0;
  const counted: [string, number][] = [];
  const pace = new Pace(() => now);
  pace.count = (client, ms) => void counted.push([client, ms]);
  const turns = new Turns({ pace, now: () => now });
  const work = async (client: string, ms: number) => {
    await turns.next(client);
    now += ms;
  };
  await Promise.all([work("a", 3), work("b", 5)]);
  await vi.waitFor(() =>
    expect(counted).toEqual([
      ["a", 3],
      ["b", 5],
    ]),
  );
});
