import { describe, expect, it } from "vitest";
import { ask, at, servePast } from "../testing/past-health.ts";

servePast();

const SPAN = `from=${at(0)}&to=${at(180)}&buckets=6`;

describe("GET /histories", () => {
  it("has the seconds of each state by bucket, of what is past, and leaves out those that the token is not for", async () => {
    const { body, status } = await ask(`/histories?${SPAN}&services=db,api,nobody,db`);
    expect(status).toBe(200);
    expect(body).toEqual({
      from: at(0),
      to: at(180),
      judged_until: at(120),
      histories: [
        {
          service_name: "api",
          uptime: 90 / 110,
          coverage: 1,
          up_s: [0, 1200, 1800, 1800, 0, 0],
          degraded_s: [600, 0, 0, 0, 0, 0],
          down_s: [600, 600, 0, 0, 0, 0],
          maintenance_s: [600, 0, 0, 0, 0, 0],
        },
        {
          service_name: "db",
          uptime: 0.75,
          coverage: 1,
          up_s: [1800, 1800, 1800, 0, 0, 0],
          late_s: [0, 0, 0, 1800, 0, 0],
        },
        { service_name: "nobody", uptime: null, coverage: 0, unknown_s: [1800, 1800, 1800, 1800, 0, 0] },
      ],
    });
    const some = await ask(`/histories?${SPAN}&services=db,api`, { token: "some" });
    expect(some.body.histories).toEqual([expect.objectContaining({ service_name: "db" })]);
  });

  it("says the same as /uptime of each bucket", async () => {
    const services = ["api", "db", "flaps"];
    const { histories } = (await ask(`/histories?from=${at(-60)}&to=${at(60)}&buckets=4&services=${services}`)).body;
    for (const [i, service] of services.entries()) {
      for (const [bucket, minute] of [-60, -30, 0, 30].entries()) {
        const { body } = await ask(`/services/${service}/uptime?from=${at(minute)}&to=${at(minute + 30)}`);
        for (const state of ["up", "degraded", "down", "late", "unknown", "maintenance"]) {
          const name = `${state}_s`;
          expect(histories[i][name]?.[bucket] ?? 0, `${service} ${minute} ${state}`).toBe(body[name]);
        }
      }
    }
  });

  it("knows nothing of a service from the end of the retention after its last pulse on, as /uptime", async () => {
    const [gone, minute] = [-20 * 1440, 60];
    const span = `from=${at(gone - 5 * minute)}&to=${at(gone + 5 * minute)}`;
    const { histories } = (await ask(`/histories?${span}&buckets=2&services=gone`)).body;
    expect(histories).toEqual([
      { service_name: "gone", uptime: 0, coverage: 0.5, late_s: [18_000, 0], unknown_s: [0, 18_000] },
    ]);
    const { body } = await ask(`/services/gone/uptime?${span}`);
    expect(body).toMatchObject({ uptime: 0, coverage: 0.5, late_s: 18_000, unknown_s: 18_000 });
  });

  it("refuses a span longer than the retention, and too many names", async () => {
    const long = await ask(`/histories?from=${at(-40 * 24 * 60)}&to=${at(0)}&services=db`);
    expect([long.status, long.body.errors[0].pointer]).toEqual([400, "/query/from"]);
    const many = await ask(`/histories?services=${Array.from({ length: 241 }, (_, i) => `s${i}`)}`);
    expect([many.status, many.body.errors[0].pointer]).toEqual([400, "/query/services"]);
  });
});
