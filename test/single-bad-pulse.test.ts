// One bad pulse of a service that nothing is known of, as a person sees it: list, detail, badge, history, incidents and uptime say the
// same at each moment, and no cause is false beside the status of the newest pulse.
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { keptIn, RETENTION_MS } from "../functions/pulse-health/testing/keepers.ts";
import { openQuery } from "../functions/testing/query-function.ts";
import { openSqlitePulseStore } from "../storage/sqlite/pulse-store.ts";
import { START } from "../storage/testing/pulses.ts";
import { temporaryFolder } from "../storage/testing/temporary-folder.ts";

/** RFC 3339 of a time in s after the start. */
const at = (seconds: number) => new Date(START + seconds * 1000).toISOString();

const CASES: { pulses: [number, string][]; since: number; held: string; back: number; lastBad: number }[] = [
  {
    pulses: [
      [143, "down"],
      [158, "ok"],
      [163, "ok"],
      [516, "ok"],
    ],
    since: 143,
    held: `1 of 3 pulses said down, the last at ${at(143)}`,
    back: 158,
    lastBad: 143,
  },
  {
    pulses: [
      [140, "200"],
      [144, "503"],
      [158, "200"],
      [163, "ok"],
    ],
    since: 140,
    held: `1 of 4 pulses said 503, the last at ${at(144)}`,
    back: 158,
    lastBad: 144,
  },
];

it.each(CASES)("$held: then it is up again, everywhere", async ({ pulses, since, held, back, lastBad }) => {
  const clock = { now: START };
  const now = () => clock.now;
  const file = join(temporaryFolder(), "pulses.db");
  const store = openSqlitePulseStore({ file, maxBytes: 2 ** 30, retentionMs: RETENTION_MS, now });
  onTestFinished(() => store.close());
  const kept = keptIn(store, clock);
  const keeper = kept.keeper();
  const { host } = await openQuery({ store, now });
  onTestFinished(() => host.close());
  const ask = async (path: string) => (await fetch(`${host.url}${path}`)).json();
  let looked = 0;
  const seenAt = async (seconds: number) => {
    // Round by round, as a keeper looks that goes on.
    for (; looked <= seconds; looked += 10) {
      for (const [time, status] of pulses)
        if (time > looked - 10 && time <= looked) await kept.pulse("hq", time, status);
      await kept.ownPulses(looked, looked + 10);
      await kept.look(keeper, looked);
    }
    const [{ services }, detail, badge, { runs }, { incidents }] = await Promise.all(
      ["/services", "/services/hq", "/services/hq/badge.json", "/services/hq/history", "/incidents"].map(ask),
    );
    const [listed] = services;
    const shown = [listed, detail, runs[0]].map(({ health, since: from, cause }) => ({ health, since: from, cause }));
    expect([shown[1], shown[2], badge.message]).toEqual([shown[0], shown[0], listed.health]);
    return { ...shown[0], status: listed.status, incident: incidents[0], uptime: detail.uptime_24h };
  };

  const early = await seenAt(150);
  expect(early).toMatchObject({ health: "down", since: at(since) });
  expect(await seenAt(180)).toMatchObject({
    health: "down",
    since: at(since),
    cause: held,
    status: "ok",
    incident: { cause: held, until: null },
  });
  const calm = "two pulses in a row were well, and for a minute none was degraded or down";
  const knownAt = Math.floor(lastBad / 10) * 10 + 70;
  for (const seconds of [knownAt, 450, 900]) {
    const seen = await seenAt(seconds);
    expect(seen).toMatchObject({ health: "up", since: at(back), cause: calm, incident: { until: at(back) } });
    expect(seen.uptime).toBeGreaterThan(0.5);
  }
});
