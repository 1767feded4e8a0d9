// What is set for services: by a file, and by the API. Functions have both together from here.
import type { ServicesSettings, SetByName } from "../health/service-settings.ts";
import { openServices } from "../health/services-file.ts";
import { allSet, setByName } from "../health/set-services.ts";
import type { Reread } from "../settings/reread-file.ts";
import type { ServiceSetter } from "../storage/health-ports.ts";
import { StoreError } from "../storage/store-error.ts";
import { gauge } from "./metrics/gauges.ts";
import { METRICS } from "./metrics/names.ts";
import type { Parts } from "./parts.ts";

const LOOK_EVERY_MS = 5000;

/** What is set for services, as it is now. */
export interface OpenServiceSettings extends Reread<ServicesSettings> {
  /** From when it resolves, what a store has counts too. @throws {StoreError} */
  refresh(setter: Pick<ServiceSetter, "set">): Promise<void>;
  /** From now on what a store has counts too, some seconds after it was set. While the store is away, what was known stays. */
  follow(setter: Pick<ServiceSetter, "set">, lookEveryMs?: number): void;
}

/**
 * Reads the file of settings; the log says when it changes, and why it does not, and a gauge says whether it is in use.
 * @throws {SettingsError} at the start
 */
export function openServiceSettings({
  settings,
  registry,
  log,
}: Pick<Parts, "settings" | "registry" | "log">): OpenServiceSettings {
  const file = openServices({
    file: settings.servicesFile,
    variable: "PULSE_SERVICES_FILE",
    onRead: () => log.info("the settings of services were read again"),
    onFailure: (error) => log.error({ err: error }, "the settings of services stay as they were"),
  });
  const help =
    "1 while the settings of services are those of PULSE_SERVICES_FILE, or there is none; 0 while a fault keeps former ones.";
  gauge([registry], METRICS.servicesFileValid, help, () => Number(file.isCurrent));
  let known = "";
  let set: SetByName = new Map();
  let merged: { of: ServicesSettings; set: SetByName; value: ServicesSettings } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  async function refresh(setter: Pick<ServiceSetter, "set">): Promise<void> {
    const all = await allSet(setter);
    const text = JSON.stringify(all);
    if (text === known) return;
    known = text;
    set = setByName(all);
  }

  async function look(setter: Pick<ServiceSetter, "set">, everyMs: number): Promise<void> {
    try {
      await refresh(setter);
    } catch (error) {
      if (error instanceof StoreError) log.debug({ err: error }, "what the API has set stays as it was known");
      else log.error({ err: error }, "what the API has set was not read: this is a defect");
    }
    // One look at a time: an older one must not come last.
    if (!isClosed) timer = setTimeout(() => void look(setter, everyMs), everyMs).unref();
  }

  return {
    get value() {
      if (merged?.of !== file.value || merged.set !== set) {
        merged = { of: file.value, set, value: set.size === 0 ? file.value : file.value.with(set) };
      }
      return merged.value;
    },
    get isCurrent() {
      return file.isCurrent;
    },
    refresh,
    follow(setter, lookEveryMs = LOOK_EVERY_MS) {
      void look(setter, lookEveryMs);
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      file.close();
    },
  };
}
