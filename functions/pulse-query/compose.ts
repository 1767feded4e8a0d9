import type { PulseFunction } from "../http.ts";
import { DAY_MS, type Parts } from "../parts.ts";
import { openPulseStore } from "../stores.ts";
import { createQuery } from "./handler.ts";

/** pulse-query with its store. */
export function compose({ settings, registry, log }: Parts): PulseFunction {
  const store = openPulseStore(settings, [registry]);
  return createQuery({ store, retentionMs: settings.retentionDays * DAY_MS, log });
}
