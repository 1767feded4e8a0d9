// The comparison of whole pulses that the tests with real clients make sees every difference.
import { expect, it } from "vitest";
import { expectPulse, madeIdentity, type ReadPulse } from "./clients.ts";

const ran = { from: Date.parse("2026-11-30T09:00:00.000Z"), to: Date.parse("2026-11-30T09:00:01.000Z") };
const PULSE: ReadPulse = {
  service_name: "checkout",
  event_time: "2026-11-30T09:00:00.500Z",
  latency_ms: 12.5,
  status: "ok",
  health: "up",
  metadata: { name: "nightly" },
  id: "5b8efff798038103d269b633813fc60c:eee19b7ec3c1b173",
  source: "/otlp",
  traceparent: "00-5b8efff798038103d269b633813fc60c-eee19b7ec3c1b173-01",
};
const { event_time: _, latency_ms: __, ...EXPECTED } = PULSE;

function compare(pulse: ReadPulse | undefined, expected: Partial<ReadPulse> = {}): void {
  expectPulse(pulse, ran, { ...EXPECTED, ...madeIdentity(pulse), ...expected });
}

it("takes the pulse that it expects, at the ends of the stretch as well", () => {
  compare(PULSE);
  compare(PULSE, { event_time: PULSE.event_time, latency_ms: 12.5 });
  for (const time of [ran.from, ran.to]) compare({ ...PULSE, event_time: new Date(time).toISOString() });
});

it.each<Partial<ReadPulse> | { more: string }>([
  { service_name: "payments" },
  { event_time: "2026-11-30T08:59:59.999Z" },
  { event_time: "2026-11-30T09:00:01.001Z" },
  { event_time: "2026-11-30T09:00:00.5Z" },
  { latency_ms: -1 },
  { latency_ms: 1001 },
  { latency_ms: null as never },
  { status: "error" },
  { health: "down" },
  { metadata: {} },
  { metadata: { name: "nightly", region: "eu" } },
  { id: "" },
  { id: "5b8efff798038103d269b633813fc60c:eee19b7ec3c1b174" },
  { id: "5b8efff798038103d269b633813fc60c:eee19b7ec3c1b173:SERVER" },
  { source: "/zipkin" },
  { traceparent: "00-5b8efff798038103d269b633813fc60c-eee19b7ec3c1b173-00" },
  { more: "field" },
])("sees %o", (change) => {
  expect(() => compare({ ...PULSE, ...change })).toThrow();
});

it("sees a pulse without a traceparent, and none at all", () => {
  const { traceparent: _, ...without } = PULSE;
  expect(() => compare(without)).toThrow();
  expect(() => compare(undefined)).toThrow();
  expect(() => compare(PULSE, { latency_ms: 12 })).toThrow();
});
