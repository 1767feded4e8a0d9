import { Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { valuesOf } from "../testing/metric-values.ts";
import { pulse } from "../testing/pulse.ts";
import { MAX_SERVICE_LABELS, OTHER_SERVICES } from "./names.ts";
import { PulseCounter } from "./pulse-counter.ts";

describe("a counter of pulses", () => {
  it("counts the first thousand services by name and the rest together", async () => {
    const registry = new Registry();
    const counter = new PulseCounter([registry], "pulses_total", "Pulses.");
    for (let i = 0; i < MAX_SERVICE_LABELS + 500; i++) counter.add(counter.countsOf([pulse(`service-${i}`)]));
    counter.add(counter.countsOf([pulse("service-0", { status: "500" }), pulse("service-1200", { status: "500" })]));
    const values = await valuesOf(registry, "pulses_total");
    expect(Object.keys(values)).toHaveLength(MAX_SERVICE_LABELS + 3);
    expect(values['service="service-0",health="up"']).toBe(1);
    expect(values['service="service-0",health="down"']).toBe(1);
    expect(values['service="service-1000",health="up"']).toBeUndefined();
    expect(values[`service="${OTHER_SERVICES}",health="up"`]).toBe(500);
    expect(values[`service="${OTHER_SERVICES}",health="down"`]).toBe(1);
  });

  it("counts nothing before the counts are added", async () => {
    const registry = new Registry();
    const counter = new PulseCounter([registry], "pulses_total", "Pulses.");
    counter.countsOf([pulse("a")]);
    expect(await valuesOf(registry, "pulses_total")).toEqual({});
  });
});
