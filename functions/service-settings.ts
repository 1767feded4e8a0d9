import type { ServicesSettings } from "../health/service-settings.ts";
import { openServices } from "../health/services-file.ts";
import type { Reread } from "../settings/reread-file.ts";
import type { Parts } from "./parts.ts";

/** What is set for services, as it is now; the log says when that changes, and why it does not. @throws {SettingsError} at the start */
export function openServiceSettings({ settings, log }: Pick<Parts, "settings" | "log">): Reread<ServicesSettings> {
  return openServices({
    file: settings.servicesFile,
    variable: "PULSE_SERVICES_FILE",
    onRead: () => log.info("the settings of services were read again"),
    onFailure: (error) => log.error({ err: error }, "the settings of services stay as they were"),
  });
}
