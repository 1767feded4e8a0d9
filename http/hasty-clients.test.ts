import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { HastyClients } from "./hasty-clients.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function openHasty() {
  const hasty = new HastyClients(() => Date.now());
  const sent: string[] = [];
  return { sent, refuse: (client: string, afterMs: number) => hasty.refuse(client, afterMs, () => sent.push(client)) };
}

it("a refusal is held back until the client should have come, and no other client's", () => {
  const { refuse, sent } = openHasty();
  refuse("greedy", 1000);
  vi.advanceTimersByTime(400);
  refuse("greedy", 1000);
  refuse("polite", 1000);
  expect(sent).toEqual(["greedy", "polite"]);
  vi.advanceTimersByTime(599);
  expect(sent).toEqual(["greedy", "polite"]);
  vi.advanceTimersByTime(1);
  expect(sent).toEqual(["greedy", "polite", "greedy"]);
  refuse("greedy", 1000);
  expect(sent).toHaveLength(4);
});

it("nobody waits for longer than a second, and a thousand at most wait", () => {
  const { refuse, sent } = openHasty();
  for (let i = 0; i < 1002; i++) refuse("greedy", 60_000);
  expect(sent).toHaveLength(2);
  vi.advanceTimersByTime(1000);
  expect(sent).toHaveLength(1002);
});
