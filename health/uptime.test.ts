import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HealthRun } from "../events/health-run.ts";
import { SERVICE_HEALTHS, type ServiceHealth } from "../events/service-health.ts";
import { outside, united } from "./spans.ts";
import { uptimeOf } from "./uptime.ts";

// Every run draws the same cases, so that a failure repeats.
fc.configureGlobal({ seed: 20_261_209 });

const runOf = (since: number, health: ServiceHealth): HealthRun => ({ since, health, confirmedAt: since, cause: "" });
const runs = fc
  .uniqueArray(fc.nat(1000), { maxLength: 12 })
  .chain((times) => fc.tuple(...times.toSorted((a, b) => a - b).map((since) => fc.tuple(fc.constant(since), health))))
  .map((all) => all.map(([since, one]) => runOf(since, one)));
const health = fc.constantFrom(...SERVICE_HEALTHS);
const span = fc.tuple(fc.nat(1000), fc.nat(1000)).map(([from, length]) => ({ from, to: from + length }));

const known = [runOf(100, "up"), runOf(200, "down"), runOf(250, "degraded"), runOf(300, "late"), runOf(400, "up")];

describe("uptime", () => {
  it("is the time up and degraded in the time that is known, and says how much is", () => {
    expect(uptimeOf({ span: { from: 0, to: 1000 }, runs: known, judgedUntil: 500 })).toEqual({
      lasted: { up: 200, down: 50, degraded: 50, late: 100, unknown: 600 },
      maintenanceMs: 0,
      uptime: 250 / 400,
      coverage: 0.4,
    });
  });

  it("leaves maintenance out, whatever the service was like then", () => {
    const maintenance = [
      { from: 220, to: 260 },
      { from: 240, to: 400 },
    ];
    expect(uptimeOf({ span: { from: 100, to: 500 }, runs: known, judgedUntil: 500, maintenance })).toEqual({
      lasted: { up: 200, down: 20, degraded: 0, late: 0, unknown: 0 },
      maintenanceMs: 180,
      uptime: 200 / 220,
      coverage: 1,
    });
  });

  it.each<[what: string, options: Partial<Parameters<typeof uptimeOf>[0]>, coverage: number | null]>([
    ["before the first pulse", { span: { from: 0, to: 100 } }, 0],
    ["in the future", { span: { from: 600, to: 700 } }, 0],
    ["of a service without a pulse", { runs: [] }, 0],
    ["where all is maintenance", { maintenance: [{ from: 0, to: 1000 }] }, null],
    ["of an empty span", { span: { from: 150, to: 150 } }, null],
  ])("is null, and neither 0 nor 1, %s", (_, options, coverage) => {
    const told = uptimeOf({ span: { from: 100, to: 400 }, runs: known, judgedUntil: 500, ...options });
    expect(told).toMatchObject({ uptime: null, coverage });
  });

  it("has times that add up to the span, also to those of its parts", () => {
    fc.assert(
      fc.property(
        runs,
        span,
        fc.nat(2000),
        fc.array(span, { maxLength: 4 }),
        fc.nat(1000),
        (all, whole, until, maintenance, cut) => {
          const of = (part: typeof whole) => uptimeOf({ span: part, runs: all, judgedUntil: until, maintenance });
          const { lasted, maintenanceMs } = of(whole);
          const sum = SERVICE_HEALTHS.reduce((total, one) => total + lasted[one], maintenanceMs);
          expect(sum).toBe(whole.to - whole.from);
          const middle = Math.min(whole.from + cut, whole.to);
          const parts = [of({ from: whole.from, to: middle }), of({ from: middle, to: whole.to })];
          for (const one of SERVICE_HEALTHS)
            expect(parts[0]?.lasted[one] ?? 0).toBe(lasted[one] - (parts[1]?.lasted[one] ?? 0));
        },
      ),
    );
  });
});

describe("spans", () => {
  it("united and what is outside of them share nothing and leave nothing", () => {
    fc.assert(
      fc.property(span, fc.array(span, { maxLength: 6 }), (whole, others) => {
        const left = outside(whole, others);
        for (let time = whole.from; time < whole.to; time++) {
          const isIn = (one: { from: number; to: number }) => time >= one.from && time < one.to;
          expect(left.some(isIn)).toBe(!others.some(isIn));
          expect(united(others).some(isIn)).toBe(others.some(isIn));
        }
      }),
      { numRuns: 30 },
    );
  });
});
