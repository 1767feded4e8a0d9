import { END_OF_TIME_MS } from "../../events/time.ts";
import type { PulseReader, StoredPulse } from "../../storage/ports.ts";
import type { LiveSource } from "./live.ts";
import type { JudgedService, ServiceList } from "./service-list.ts";
import { viewPulse, viewService } from "./view.ts";

/** How many of a service's newest pulses its stream looks at. Of more pulses between two polls, only these are shown. */
const NEWEST_PULSES = 50;

/** `pulse` for each service with a newer pulse or another health, `gone` for a service that the store has forgotten. */
export function everyServiceSource(services: Pick<ServiceList, "latest">): LiveSource<JudgedService> {
  return {
    ask: () => services.latest(),
    keyOf: ({ pulse }) => pulse.service_name,
    isSame: isSameService,
    eventOf: (service) => ({ event: "pulse", data: viewService(service) }),
    goneEventOf: ({ pulse }) => ({ event: "gone", data: { service_name: pulse.service_name } }),
    readyEventOf: (services) => ({ event: "ready", data: { services: services.length } }),
  };
}

type Part = { kind: "service"; service: JudgedService } | { kind: "pulse"; pulse: StoredPulse };

/** `service` when the service has a newer pulse or another health, and `pulse` for each of its newest pulses. */
export function oneServiceSource(
  services: Pick<ServiceList, "one">,
  reader: Pick<PulseReader, "page">,
  name: string,
): LiveSource<Part> {
  return {
    async ask() {
      const [service, page] = await Promise.all([
        services.one(name),
        reader.page(name, { from: 0, to: END_OF_TIME_MS }, NEWEST_PULSES),
      ]);
      if (service === undefined || !page.ok) return [];
      return [{ kind: "service", service }, ...page.value.pulses.map((pulse): Part => ({ kind: "pulse", pulse }))];
    },
    keyOf: (part) => (part.kind === "service" ? "service" : JSON.stringify([part.pulse.source, part.pulse.id])),
    isSame: (before, after) =>
      before.kind === "pulse" || after.kind === "pulse" || isSameService(before.service, after.service),
    eventOf: (part) =>
      part.kind === "service"
        ? { event: "service", data: viewService(part.service) }
        : { event: "pulse", data: viewPulse(part.pulse) },
    readyEventOf: (parts) => ({ event: "ready", data: { pulses: Math.max(0, parts.length - 1) } }),
  };
}

function isSameService(before: JudgedService, after: JudgedService): boolean {
  const [a, b] = [before.pulse, after.pulse];
  return a.event_time === b.event_time && a.id === b.id && a.source === b.source && before.health === after.health;
}
