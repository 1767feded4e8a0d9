import { expect, it } from "vitest";
import type { CloudEvent } from "../events/cloud-event.ts";
import { Deliveries, deliveryOf } from "./deliveries.ts";

const event = (fields: Partial<CloudEvent> = {}, arrival?: string): CloudEvent => ({
  id: "1",
  source: "/shop",
  type: "dev.pulsemesh.pulse.v1",
  data: { kind: "none" },
  extensions: arrival === undefined ? {} : { knativearrivaltime: arrival },
  ...fields,
});
const NOON = "2026-06-01T12:00:00.000Z";
const LATER = "2026-06-01T12:00:01.000Z";

it("a delivery is the first of its event's arrival once, and a sender's repetition is another", () => {
  const deliveries = new Deliveries();
  const isFirst = (fields?: Partial<CloudEvent>, arrival?: string) =>
    deliveries.isFirst(deliveryOf(event(fields, arrival)));
  expect([isFirst({}, NOON), isFirst({}, NOON), isFirst({}, LATER), isFirst({}, LATER)]).toEqual([
    true,
    false,
    true,
    false,
  ]);
  expect([isFirst({ id: "2" }, NOON), isFirst({ source: "/other" }, NOON)]).toEqual([true, true]);
  expect([isFirst({ subject: "cart" }, NOON), isFirst({ subject: "search" }, NOON)]).toEqual([true, true]);
  expect([isFirst(), isFirst()]).toEqual([true, true]);
});

it("remembers a bounded number of deliveries", () => {
  const deliveries = new Deliveries(2);
  for (const id of ["a", "b", "c"]) deliveries.isFirst(id);
  expect([deliveries.isFirst("c"), deliveries.isFirst("a")]).toEqual([false, true]);
});
