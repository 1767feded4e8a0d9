import { expect, it } from "vitest";
import { START } from "../../storage/testing/pulses.ts";
import { SETTLE_MS } from "./keeper.ts";
import { OwnSight } from "./own-sight.ts";
import { openKeptStore } from "./testing/keepers.ts";

const RETENTION_S = 2400;

it("an outage of PulseMesh itself that leaves the retention is no change, and its end stays known until it has left", async () => {
  const kept = openKeptStore();
  const { rollups } = kept.store;
  await kept.ownPulses(0, 600);
  await kept.ownPulses(900, 4000);
  const sight = new OwnSight({ reader: kept.store, rollups, retentionMs: RETENTION_S * 1000 });
  const blindAt = async (seconds: number) => {
    const until = START + seconds * 1000;
    kept.clock.now = until + SETTLE_MS;
    const { blind, changedFrom } = await sight.look(kept.clock.now, until, await rollups.sealedUntil());
    const spans = blind.map(({ from, to }) => [(from - START) / 1000, (to - START) / 1000]);
    return { spans, changedFrom };
  };
  expect((await blindAt(2000)).spans).toEqual([[590, 900]]);
  for (let at = 2010; at <= 3600; at += 10) {
    const horizon = at - RETENTION_S;
    const spans = horizon < 900 ? [[Math.max(590, horizon), 900]] : [];
    expect([at, await blindAt(at)]).toEqual([at, { spans, changedFrom: undefined }]);
  }
});
