import { DAY_MS } from "../../events/time.ts";
import type { Parts } from "../parts.ts";
import type { PulseFunction } from "../pulse-function.ts";
import { openServiceSettings } from "../service-settings.ts";
import { openPulseStore } from "../stores.ts";
import { createQuery } from "./handler.ts";
import { warmUp } from "./warm-up.ts";

/** A start comes first: the client that woke the process waits for its answer. */
const WARM_UP_AFTER_MS = 250;

/** pulse-query with its store. */
export async function compose(parts: Parts): Promise<PulseFunction> {
  const { settings, doors, log } = parts;
  const services = openServiceSettings(parts);
  const store = await openPulseStore(parts);
  services.follow(store.health);
  const warmingUp = setTimeout(() => {
    warmUp(log).catch((error) => log.error({ err: error }, "the warm-up failed: this is a defect"));
  }, WARM_UP_AFTER_MS);
  const query = createQuery({
    settings: () => services.value,
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
  return {
    ...query,
    close: () => {
      clearTimeout(warmingUp);
      services.close();
      return query.close();
    },
  };
}
