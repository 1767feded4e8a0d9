import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { pulse } from "../testing/pulse.ts";
import { KnownServices } from "./known-services.ts";
import { learnServices } from "./service-learner.ts";

const SENDER = { covers: (name: string) => name.startsWith("a"), coversAll: false };

let stored: string[];
let asked: number;
let now: number;
/** The pause that the learner makes, and what ends it. */
let pause: { ms: number; end: () => void } | undefined;
let services: KnownServices;
const closers: (() => void)[] = [];

beforeEach(async () => {
  [stored, asked, now, pause] = [["a-1"], 0, 0, undefined];
  services = new KnownServices({ maxServices: 10, maxServicesPerToken: 1 }, () => now);
  const server = createServer((_, response) => {
    asked++;
    response.end(stored.map((name) => `${name}\n`).join(""));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const pausing = (ms: number) =>
    new Promise<void>((end) => {
      pause = { ms, end };
    });
  const learner = learnServices(url, services, pino({ level: "silent" }), pausing);
  closers.push(
    () => learner.stop(),
    () => server.close(),
    () => server.closeAllConnections(),
  );
  await vi.waitFor(() => expect(pause).toBeDefined());
});
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** Lets the learner's pause pass, and gives its length. */
async function pass(): Promise<number> {
  const { ms = 0, end } = pause ?? {};
  now += ms;
  pause = undefined;
  end?.();
  await vi.waitFor(() => expect(pause).toBeDefined(), { interval: 1 });
  return ms;
}

describe("what pulse-ingest learns of the store", () => {
  it("is asked for at once, and then every ten minutes while no new name comes", async () => {
    expect(asked).toBe(1);
    while (now < 9 * 60_000) await pass();
    expect(asked).toBe(1);
    while (now < 11 * 60_000) await pass();
    expect(asked).toBe(2);
  });

  it("makes room within half a minute of a refusal for a token whose services were removed", async () => {
    await pass();
    stored = ["b"];
    expect(services.letIn([pulse("a-2")], SENDER).kind).toBe("too-many");
    expect(await pass()).toBeLessThanOrEqual(30_000);
    expect(services.letIn([pulse("a-2")], SENDER).kind).toBe("let-in");
  });

  it("tells of a service that came and was removed soon, whose place is free again", async () => {
    services.letIn([pulse("b")], undefined);
    stored = ["a-1", "b"];
    await pass();
    stored = ["a-1"];
    expect(services.size).toBe(2);
    await pass();
    expect(services.size).toBe(1);
  });
});
