import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { Registry } from "prom-client";
import { expect, it, onTestFinished, vi } from "vitest";
import { functionSettings } from "../settings/function-settings.ts";
import { readSettings } from "../settings/read.ts";
import type { SetService } from "../storage/health-ports.ts";
import { StoreError } from "../storage/store-error.ts";
import { temporaryFolder } from "../storage/testing/temporary-folder.ts";
import { METRICS } from "./metrics/names.ts";
import { openServiceSettings } from "./service-settings.ts";
import { valuesOf } from "./testing/metric-values.ts";

const FILE = `
- { services: old-*, retired: true }
- services: db
  owner: storage team
  maintenance: [{ from: "2026-12-01T00:00:00Z", to: "2026-12-01T01:00:00Z" }]
`;
const EVER = { from: Date.UTC(2026, 0), to: Date.UTC(2027, 0) };
const HOUR = 3_600_000;

it("what the API has set counts once it was asked for, and a store that is away says so", async () => {
  const services = openServiceSettings({
    settings: readSettings(functionSettings, {}),
    registry: new Registry(),
    log: pino({ level: "silent" }),
  });
  onTestFinished(() => services.close());
  const retired: SetService = { service: "shop", isRetired: true, work: undefined };
  await services.refresh({
    async *set() {
      yield [retired];
    },
  });
  expect(services.value.of("shop").isRetired).toBe(true);
  const away = {
    // biome-ignore lint/correctness/useYield: it fails before
    async *set(): AsyncGenerator<SetService[]> {
      throw new StoreError("Expected the store to answer");
    },
  };
  await expect(services.refresh(away)).rejects.toThrow(StoreError);
  expect(services.value.of("shop").isRetired).toBe(true);
});

it("a gauge says while the file cannot be read, and the former settings stay", async () => {
  const file = join(temporaryFolder(), "services.yaml");
  writeFileSync(file, FILE);
  const registry = new Registry();
  const settings = readSettings(functionSettings, { PULSE_SERVICES_FILE: file });
  const services = openServiceSettings({ settings, registry, log: pino({ level: "silent" }) });
  onTestFinished(() => services.close());
  const isValid = async () => (await valuesOf(registry, METRICS.servicesFileValid))[""];
  expect(await isValid()).toBe(1);
  writeFileSync(file, "- { services: db, owner: 3 }");
  await vi.waitFor(async () => expect(await isValid()).toBe(0), 30_000);
  expect(services.value.of("db").owner).toBe("storage team");
});

it("what the API has set for a service counts beside the file, and stays while the store is away", async () => {
  const file = join(temporaryFolder(), "services.yaml");
  writeFileSync(file, FILE);
  const settings = readSettings(functionSettings, { PULSE_SERVICES_FILE: file });
  const services = openServiceSettings({ settings, registry: new Registry(), log: pino({ level: "silent" }) });
  onTestFinished(() => services.close());
  const of = (service: string) => services.value.of(service);
  expect([of("old-shop").isRetired, of("shop").isRetired]).toEqual([true, false]);

  let set: SetService[] = [];
  let isAway = false;
  let looks = 0;
  services.follow(
    {
      async *set() {
        looks++;
        if (isAway) throw new StoreError("Expected the store to answer");
        yield set;
      },
    },
    5,
  );
  const from = Date.UTC(2026, 11, 24);
  set = [
    { service: "shop", isRetired: true, work: undefined },
    { service: "db", isRetired: false, work: { from, to: from + HOUR, reason: "a disk" } },
  ];
  await vi.waitFor(() => expect(of("shop").isRetired).toBe(true));
  expect(of("old-shop").isRetired).toBe(true);
  expect(of("db")).toMatchObject({ owner: "storage team", isRetired: false });
  expect(of("db").maintenanceIn(EVER)).toEqual([
    { from: Date.UTC(2026, 11), to: Date.UTC(2026, 11) + HOUR },
    { from, to: from + HOUR },
  ]);
  expect(
    of("db")
      .plannedIn(EVER)
      .map(({ reason }) => reason),
  ).toEqual([undefined, "a disk"]);
  // Nothing has changed: what is known of services is not made again.
  const { value } = services;
  isAway = true;
  const before = looks;
  await vi.waitFor(() => expect(looks).toBeGreaterThan(before + 2));
  expect(services.value).toBe(value);

  isAway = false;
  set = [{ service: "old-shop", isRetired: false, work: undefined }];
  await vi.waitFor(() => expect(of("shop").isRetired).toBe(false));
  expect([of("old-shop").isRetired, of("db").maintenanceIn(EVER).length]).toEqual([true, 1]);
});
