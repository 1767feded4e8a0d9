import { SERVICE_NAME_FORM } from "../../../events/pulse.ts";

const MAX_LENGTH = 128;

/**
 * A name from another system, made to fit the rule for services: each run of other characters becomes `-`, leading marks go,
 * and what is longer than 128 characters is cut. `undefined` where nothing is left.
 */
export function fittedName(name: string): string | undefined {
  if (SERVICE_NAME_FORM.test(name)) return name;
  const fitted = name
    .replace(/[^A-Za-z0-9._:/-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, MAX_LENGTH);
  return fitted === "" ? undefined : fitted;
}
