import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Pace } from "./pace.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function openPace() {
  const pace = new Pace(() => Date.now());
  const begun: string[] = [];
  return {
    begun,
    count: (client: string, ms: number) => pace.count(client, ms),
    begin: (client: string) => pace.begin(client, () => begun.push(client)),
  };
}

it("a client that is alone never waits, nor do two that take as much", () => {
  const { begun, count, begin } = openPace();
  count("a", 5000);
  begin("a");
  count("b", 5000);
  begin("a");
  begin("b");
  expect(begun).toEqual(["a", "a", "b"]);
});

it("who took far more than all others begins once that has faded, one request after the other, and others at once", () => {
  const { begun, count, begin } = openPace();
  count("greedy", 680);
  count("polite", 5);
  for (let i = 0; i < 3; i++) begin("greedy");
  begin("polite");
  expect(begun).toEqual(["polite"]);
  vi.advanceTimersByTime(970);
  expect(begun).toEqual(["polite"]);
  vi.advanceTimersByTime(20); // 680 ms · e^-0.98 = 255
  expect(begun.length).toBeGreaterThan(1);
  vi.advanceTimersByTime(10);
  expect(begun).toEqual(["polite", "greedy", "greedy", "greedy"]);
});

it("a request that was taken back never begins, and makes no other wait", () => {
  const { begun, count, begin } = openPace();
  count("greedy", 680);
  count("polite", 5);
  const taken = Array.from({ length: 1000 }, () => begin("greedy"));
  begin("greedy");
  for (const withdraw of taken) withdraw?.();
  vi.advanceTimersByTime(990);
  expect(begun).toEqual(["greedy"]);
  vi.advanceTimersByTime(10);
  expect(begin("greedy")).toBeUndefined();
  expect(begun).toEqual(["greedy", "greedy"]);
});

it("nobody waits for longer than a second", () => {
  const { begun, count, begin } = openPace();
  count("greedy", 1e6);
  count("polite", 5);
  begin("greedy");
  vi.advanceTimersByTime(1000);
  expect(begun).toEqual(["greedy"]);
});
