import { expect, it } from "vitest";
import { Turns } from "./turns.ts";

it("gives each client one piece in turn, however many works it has", async () => {
  const turns = new Turns();
  const pieces: string[] = [];
  const work = async (client: string, count: number) => {
    for (let i = 0; i < count; i++) {
      await turns.next(client);
      pieces.push(client);
    }
  };
  await Promise.all([...Array.from({ length: 8 }, () => work("greedy", 3)), work("polite", 4), work("other", 2)]);
  expect(pieces.slice(0, 10).join(" ")).toBe("greedy polite other greedy polite other greedy polite greedy polite");
  expect(pieces.filter((one) => one === "greedy")).toHaveLength(24);
});

it("serves what else is ready between two pieces", async () => {
  const turns = new Turns();
  const seen: string[] = [];
  const work = async () => {
    for (let i = 0; i < 3; i++) {
      await turns.next("a");
      seen.push("piece");
    }
  };
  const ticks = setInterval(() => seen.push("tick"), 0);
  await Promise.all(Array.from({ length: 40 }, work));
  clearInterval(ticks);
  expect(seen).toContain("tick");
});
