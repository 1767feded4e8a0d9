import { DAY_MS } from "../../events/time.ts";
import type { Parts } from "../parts.ts";
import type { PulseFunction } from "../pulse-function.ts";
import { openPulseStore } from "../stores.ts";
import { createQuery } from "./handler.ts";

/** pulse-query with its store. */
export async function compose(parts: Parts): Promise<PulseFunction> {
  const { settings, doors, log } = parts;
  const store = await openPulseStore(parts);
  return createQuery({
    store,
    retentionMs: settings.retentionDays * DAY_MS,
    historyMs: settings.historyDays * DAY_MS,
    log,
    persistUrl: settings.persistUrl,
    doors,
    deadLetterUrl: settings.deadLetterUrl,
    userHeader: settings.userHeader,
    publicBadges: settings.publicBadges,
    ingestUrl: settings.ingestUrl,
  });
}
