import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HealthRun } from "../../events/health-run.ts";
import { incidentEventOf } from "../../events/incident-event.ts";
import { SERVICE_HEALTHS } from "../../events/service-health.ts";
import { incidentsOf } from "../../health/incidents.ts";
import type { ToldRun } from "../../storage/health-ports.ts";
import { untoldOf } from "./news.ts";
import { MINUTE, runsAt as runs, tellIncidents } from "./testing/told-incidents.ts";

/** Tells all that is new; the incident events as `detected 10 at 20`: of the incident since minute 10, at minute 20. */
function tell(of: readonly HealthRun[], before: readonly ToldRun[] = []) {
  const { incidents, told } = tellIncidents(of, { before });
  const said = incidents.map(({ kind, incidentSince, news }) => {
    return `${kind} ${incidentSince / MINUTE} at ${news.since / MINUTE}`;
  });
  return { said, told };
}

describe("incident events", () => {
  it("are one when a service comes into trouble, and one when it is out of it, however it changed between", () => {
    expect(tell(runs([0, "up"], [10, "degraded"], [12, "down"], [15, "late"], [20, "up"])).said).toEqual([
      "detected 10 at 10",
      "resolved 10 at 20",
    ]);
    expect(tell(runs([0, "down"])).said).toEqual(["detected 0 at 0"]);
  });

  it("name the same incident where the trouble is back within five minutes, and else another", () => {
    expect(tell(runs([0, "up"], [10, "down"], [20, "up"], [24, "down"], [30, "up"], [36, "down"])).said).toEqual([
      "detected 10 at 10",
      "resolved 10 at 20",
      "detected 10 at 24",
      "resolved 10 at 30",
      "detected 36 at 36",
    ]);
  });

  it("do not call resolved what nobody sees", () => {
    expect(
      tell(runs([0, "up"], [10, "down"], [20, "unknown"], [30, "late"], [40, "unknown"], [50, "up"])).said,
    ).toEqual(["detected 10 at 10", "resolved 10 at 50"]);
  });

  it("follow a revision only where it changes how the service is now", () => {
    const { told } = tell(runs([0, "up"], [10, "down"]));
    expect(tell(runs([0, "up"]), told).said).toEqual(["resolved 10 at 10"]);
    const ended = tell(runs([0, "up"], [10, "down"], [20, "up"])).told;
    expect(tell(runs([0, "up"], [5, "late"], [10, "down"], [20, "up"]), ended).said).toEqual([]);
    expect(tell(runs([0, "up"]), ended).said).toEqual([]);
    expect(tell(runs([0, "up"], [10, "down"]), ended).said).toEqual(["detected 10 at 20"]);
  });

  it("resolve what was told of too long ago to be read", () => {
    const all = runs([0, "down"], [20, "up"]);
    const [untold] = untoldOf("checkout", { runs: all, told: [], from: 15 * MINUTE });
    expect(untold?.incident).toMatchObject({ kind: "resolved", incidentSince: 0 });
  });

  it("name the incident that the list of incidents has", () => {
    const changes = fc.uniqueArray(fc.tuple(fc.nat(60), fc.constantFrom(...SERVICE_HEALTHS)), {
      selector: ([minute]) => minute,
    });
    fc.assert(
      fc.property(changes, (all) => {
        const kept = runs(...all.sort(([a], [b]) => a - b));
        for (const { kind, incidentSince, news } of tellIncidents(kept).incidents) {
          const known = kept.filter(({ since }) => since < news.since || (kind === "detected" && since === news.since));
          expect(incidentSince).toBe(incidentsOf(known).at(-1)?.since);
        }
      }),
      { seed: 20_261_201 },
    );
  });

  // test/cdevents.slow.test.ts holds them against the published schemas.
  it("are CDEvents, and CloudEvents by their binding", () => {
    const all = tellIncidents(runs([0, "up"], [10, "down"], [20, "up"]), { service: "shop/checkout" }).incidents;
    const ids = { detected: "shop/checkout/600000/down/0/incident", resolved: "shop/checkout/1200000/up/0/incident" };
    expect(all.map(({ kind }) => kind)).toEqual(["detected", "resolved"]);
    for (const news of all) {
      const event = incidentEventOf(news, "production");
      const { kind } = news;
      const common = { id: ids[kind], source: "/pulse-health", type: `dev.cdevents.incident.${kind}.0.3.0` };
      const [time, subject] = [expect.stringMatching(/^1970-01-01T00:[12]0:10.000Z$/), "shop/checkout/600000"];
      expect(event).toMatchObject({ ...common, time, subject, extensions: { partitionkey: "shop/checkout" } });
      const health = kind === "detected" ? "down" : "up";
      expect(JSON.parse(String((event.data as { bytes: Buffer }).bytes))).toEqual({
        context: { ...common, specversion: "0.5.0", timestamp: event.time },
        subject: {
          id: subject,
          source: "/pulse-health",
          content: {
            description: `${health}: 2 of 2 pulses said 503`,
            environment: { id: "production" },
            service: { id: "shop/checkout" },
          },
        },
        customData: expect.objectContaining({ service_name: "shop/checkout", health }),
        customDataContentType: "application/json",
      });
    }
  });
});
