// Lists of incidents and incident events say the same of any past.
import fc from "fast-check";
import { expect, it } from "vitest";
import type { HealthRun } from "../events/health-run.ts";
import { SERVICE_HEALTHS } from "../events/service-health.ts";
import { MINUTE, tellIncidents } from "../functions/pulse-health/testing/told-incidents.ts";
import { incidentsOf } from "../health/incidents.ts";

/** Runs of one to nine minutes that follow each other, each of another health than the one before. */
const past = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.constantFrom(...SERVICE_HEALTHS)), { minLength: 1, maxLength: 20 })
  .map((steps) => {
    let since = 0;
    return steps.flatMap(([minutes, health], i): HealthRun[] => {
      since += minutes * MINUTE;
      return steps[i - 1]?.[1] === health ? [] : [{ since, health, confirmedAt: since, cause: "" }];
    });
  });

it("an incident is open in the list while its event has no end, and begins where the event says", () => {
  fc.assert(
    fc.property(past, (runs) => {
      const last = tellIncidents(runs).incidents.at(-1);
      const incident = incidentsOf(runs).at(-1);
      expect(incident !== undefined && incident.until === undefined).toBe(last?.kind === "detected");
      expect(incident?.since).toBe(last?.incidentSince);
    }),
  );
});
