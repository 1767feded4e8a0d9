import { describe, expect, it } from "vitest";
import { pulse } from "../testing/pulse.ts";
import { KnownServices } from "./known-services.ts";

const pulsesOf = (...names: string[]) => names.map((name) => pulse(name));
const senderOf = (beginning: string) => ({ covers: (name: string) => name.startsWith(beginning), coversAll: false });

describe("the services that pulse-ingest knows", () => {
  it("are bounded: a request with one too many brings none in, and known ones go on", () => {
    const services = new KnownServices({ maxServices: 3, maxServicesPerToken: 3 });
    services.learn(new Set(["a"]));
    expect(services.letIn(pulsesOf("a", "b", "b"), undefined).kind).toBe("let-in");
    expect(services.letIn(pulsesOf("c", "a", "d"), undefined)).toEqual({ kind: "too-many", name: "c", bound: 3 });
    expect(services.letIn(pulsesOf("c"), undefined).kind).toBe("let-in");
    expect(services.letIn(pulsesOf("d"), undefined).kind).toBe("too-many");
    expect(services.letIn(pulsesOf("c", "b", "a"), undefined).kind).toBe("let-in");
  });

  it("give places back: of names that the store has no more, and of pulses that nobody took", () => {
    const services = new KnownServices({ maxServices: 2, maxServicesPerToken: 2 });
    services.learn(new Set(["a", "b"]));
    expect(services.letIn(pulsesOf("c"), undefined).kind).toBe("too-many");
    services.learn(new Set(["b"]));
    const entry = services.letIn(pulsesOf("c"), undefined);
    expect(services.letIn(pulsesOf("d"), undefined).kind).toBe("too-many");
    if (entry.kind === "let-in") services.turnOut(entry.names);
    expect(services.letIn(pulsesOf("d"), undefined).kind).toBe("let-in");
  });

  it("keep the place of a name that the store does not have yet, for a day", () => {
    let now = 0;
    const services = new KnownServices({ maxServices: 2, maxServicesPerToken: 2 }, () => now);
    services.letIn(pulsesOf("a", "b"), undefined);
    now = 23 * 3_600_000;
    services.learn(new Set(["b"]));
    expect(services.letIn(pulsesOf("a"), undefined).kind).toBe("let-in");
    expect(services.size).toBe(2);
    now = 25 * 3_600_000;
    services.learn(new Set(["b"]));
    expect(services.size).toBe(1);
  });

  it("are asked for at first, every ten minutes, after a new name, let in or refused, and while there is no room", () => {
    let now = 0;
    const services = new KnownServices({ maxServices: 3, maxServicesPerToken: 1 }, () => now);
    const isDueAfter = (minutes: number) => {
      now += minutes * 60_000;
      return services.isDue;
    };
    expect(services.isDue).toBe(true);
    services.learn(new Set(["a"]));
    expect([isDueAfter(0), isDueAfter(9), isDueAfter(1)]).toEqual([false, false, true]);
    services.learn(new Set(["a"]));
    services.letIn(pulsesOf("a"), undefined);
    expect(services.isDue).toBe(false);
    expect(services.letIn(pulsesOf("a-2"), senderOf("a")).kind).toBe("too-many");
    expect([isDueAfter(1), isDueAfter(1)]).toEqual([true, false]);
    services.letIn(pulsesOf("b"), undefined);
    expect([isDueAfter(1), isDueAfter(1)]).toEqual([true, false]);
    services.letIn(pulsesOf("c"), undefined);
    services.learn(new Set(["a", "b", "c"]));
    expect(isDueAfter(5)).toBe(true);
  });

  it("are not counted again for each request of a token that is refused", () => {
    const services = new KnownServices({ maxServices: 100, maxServicesPerToken: 2 });
    services.learn(new Set(["a-1", "a-2", "b"]));
    const asked: string[] = [];
    const covers = (name: string) => asked.push(name) > 0 && name.startsWith("a");
    const sender = { covers, coversAll: false };
    for (const name of ["a-3", "a-4", "a-5"]) {
      expect(services.letIn(pulsesOf(name), sender)).toEqual({ kind: "too-many", name, bound: 2 });
    }
    expect(asked).toEqual(["a-1", "a-2", "b"]);
  });

  it("are bounded for a token of some services, by all known names that it covers", () => {
    const services = new KnownServices({ maxServices: 100, maxServicesPerToken: 3 });
    const sender = senderOf("checkout");
    services.learn(new Set(["checkout-1", "cart"]));
    services.letIn(pulsesOf("checkout-2"), undefined);
    expect(services.letIn(pulsesOf("checkout-3"), sender).kind).toBe("let-in");
    expect(services.letIn(pulsesOf("checkout-4"), sender)).toEqual({ kind: "too-many", name: "checkout-4", bound: 3 });
    expect(services.letIn(pulsesOf("checkout-1", "checkout-3"), sender).kind).toBe("let-in");
    expect(services.letIn(pulsesOf("cart-2"), senderOf("cart")).kind).toBe("let-in");
    expect(services.letIn(pulsesOf("checkout-4"), { covers: () => true, coversAll: true }).kind).toBe("let-in");
  });
});
