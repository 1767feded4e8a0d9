import fc from "fast-check";
import { expect, it } from "vitest";
import { isMaintenanceAt, type Maintenance, maintenanceIn, plannedFrom, plannedIn } from "./maintenance.ts";

const HOUR = 3_600_000;
/** Around the night of a change to summer time. */
const AROUND = Date.UTC(2027, 2, 28);

const time = fc.integer({ min: AROUND - 200 * HOUR, max: AROUND + 200 * HOUR });
const timeOfDay = fc.record({ hour: fc.integer({ min: 0, max: 23 }), minute: fc.integer({ min: 0, max: 59 }) });
const maintenance: fc.Arbitrary<Maintenance> = fc.oneof(
  fc.tuple(time, time).map(([from, to]) => ({ from, to })),
  fc.record({
    weekdays: fc.subarray([0, 1, 2, 3, 4, 5, 6], { minLength: 1 }),
    from: timeOfDay,
    to: timeOfDay,
    zone: fc.constantFrom("UTC", "Europe/Berlin", "America/New_York"),
  }),
);

it("there is maintenance at a moment exactly where the spans of it have that moment, in whatever order it is asked", () => {
  fc.assert(
    fc.property(
      fc.array(maintenance, { maxLength: 3 }),
      fc.array(time, { minLength: 1, maxLength: 20 }),
      (all, times) => {
        for (const at of times) {
          expect(isMaintenanceAt(at, all)).toBe(maintenanceIn({ from: at, to: at + 1 }, all).length > 0);
        }
      },
    ),
  );
});

it("what is planned has its reason, overlaps where reasons differ, and is whole where somebody asks from now on", () => {
  const weekly = { weekdays: [0], from: { hour: 22, minute: 0 }, to: { hour: 4, minute: 0 }, zone: "UTC" };
  const once = { from: AROUND - HOUR, to: AROUND + 2 * HOUR, reason: "a new disk" };
  const [next, later] = [{ from: AROUND + HOUR, to: AROUND + 3 * HOUR, reason: "a new disk" }, AROUND + 300 * HOUR];
  const far = { from: later, to: later + HOUR, reason: "a new house" };
  const all = [weekly, once, next, far];
  const backup = { from: AROUND + 22 * HOUR, to: AROUND + 28 * HOUR, reason: undefined };
  expect(plannedIn({ from: AROUND, to: AROUND + 24 * HOUR }, [...all, { ...once, reason: "more" }])).toEqual([
    { from: AROUND, to: AROUND + 3 * HOUR, reason: "a new disk" },
    { from: AROUND, to: AROUND + 2 * HOUR, reason: "more" },
    { ...backup, to: AROUND + 24 * HOUR },
  ]);
  const disk = { from: AROUND - HOUR, to: AROUND + 3 * HOUR, reason: "a new disk" };
  expect(plannedFrom(AROUND, all)).toEqual([disk, backup, far]);
  expect(plannedFrom(AROUND + 4 * HOUR, all)).toEqual([backup, far]);
});
