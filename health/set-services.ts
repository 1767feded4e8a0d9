// What the API has set for single services, to count beside the file.
import type { ServiceSetter, SetService } from "../storage/health-ports.ts";
import type { SetByName } from "./service-settings.ts";

/** All that is set, as a store has it. @throws {StoreError} */
export async function allSet(setter: Pick<ServiceSetter, "set">): Promise<SetService[]> {
  const all: SetService[] = [];
  for await (const chunk of setter.set()) all.push(...chunk);
  return all;
}

/** The same for the settings of all services. */
export function setByName(all: readonly SetService[]): SetByName {
  return new Map(
    all.map(({ service, isRetired, work }) => [service, { retired: isRetired, maintenance: work ? [work] : [] }]),
  );
}
