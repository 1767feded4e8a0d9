// Compiles a Trigger's filters to one predicate. An unknown filter stops the broker at its start: to ignore it would deliver
// unwanted events or lose wanted ones.
import type { Trigger } from "../../events/triggers.ts";
import { all, any, exact, exactOrAny, not, type Predicate, prefix, suffix } from "./filters.ts";

/** Thrown at start for a Trigger that this broker cannot run. The message names the Trigger and the remedy. */
export class TriggerError extends Error {
  override readonly name = "TriggerError";
}

/** @throws {TriggerError} for a field that this broker does not know: ignored, it would promise what does not happen */
export function refuseUnknown(spec: object, known: ReadonlySet<string>, where: string): void {
  const unknown = Object.keys(spec).find((name) => !known.has(name));
  if (unknown === undefined) return;
  throw new TriggerError(
    `${where}.${unknown}: Expected one of ${[...known].join(", ")}: the local broker knows no others`,
  );
}

const DIALECTS = "exact, prefix, suffix, all, any, not";

const KNOWN: ReadonlySet<string> = new Set(["broker", "filters", "filter", "subscriber", "delivery"]);

/** @throws {TriggerError} for a Trigger with a field that this broker does not know */
export function checkFields({ name, spec }: Trigger): void {
  refuseUnknown(spec, KNOWN, `Trigger ${name}: spec`);
}

/** Whether a Trigger wants an event. `filters` overrides `filter`; without both it wants every event. @throws {TriggerError} */
export function compileFilter({ name, spec }: Pick<Trigger, "name" | "spec">): Predicate {
  if (spec.filters !== undefined && spec.filters.length > 0) {
    return compileList(spec.filters, `Trigger ${name}: filters`);
  }
  return exactOrAny(spec.filter?.attributes ?? {});
}

function compileList(filters: unknown, where: string, combine = all): Predicate {
  if (!Array.isArray(filters) || filters.length === 0) {
    throw new TriggerError(`${where}: Expected a list with at least one filter`);
  }
  return combine(filters.map((filter, index) => compileOne(filter, `${where}[${index}]`)));
}

function compileOne(filter: unknown, where: string): Predicate {
  const entries = typeof filter === "object" && filter !== null ? Object.entries(filter) : [];
  const [dialect, value] = entries[0] ?? [];
  if (dialect === undefined || entries.length !== 1) {
    const got = entries.map(([key]) => key).join(", ") || "none";
    throw new TriggerError(`${where}: Expected exactly one of ${DIALECTS}, got ${got}: write a list item for each`);
  }
  switch (dialect) {
    case "exact":
      return exact(attributesIn(value, `${where}.exact`));
    case "prefix":
      return prefix(attributesIn(value, `${where}.prefix`));
    case "suffix":
      return suffix(attributesIn(value, `${where}.suffix`));
    case "all":
      return compileList(value, `${where}.all`);
    case "any":
      return compileList(value, `${where}.any`, any);
    case "not":
      return not(compileOne(value, `${where}.not`));
    default:
      throw new TriggerError(
        `${where}: Expected one of ${DIALECTS}, got "${dialect}": the local broker does not know this dialect`,
      );
  }
}

function attributesIn(value: unknown, where: string): Record<string, string> {
  const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
  const wrong = entries.find(([name]) => !/^[a-z][a-z0-9]*$/.test(name));
  if (wrong !== undefined) {
    throw new TriggerError(`${where}: Expected names of a–z and 0–9 that begin with a letter, got "${wrong[0]}"`);
  }
  if (entries.length > 0 && entries.every(([, text]) => typeof text === "string" && text !== "")) {
    return Object.fromEntries(entries);
  }
  throw new TriggerError(`${where}: Expected attributes with the non-empty text that each is compared with`);
}
