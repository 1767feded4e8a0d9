import fc from "fast-check";
import { expect, it } from "vitest";
import { isMaintenanceAt, type Maintenance, maintenanceIn } from "./maintenance.ts";

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
