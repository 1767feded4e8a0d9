import type * as z from "zod";
import { type Fault, fault, kindOf, MAX_FAULTS, objectFault, pointerTo } from "./fault.ts";

export interface CheckedValue {
  value: unknown;
  /** Where it stands. */
  pointer: string;
  /** The rule that a field breaks which is not known. */
  unknownField: string;
}

/** Adds a fault for each of zod's issues with a value. */
export function collectFaults(
  issues: readonly z.core.$ZodIssue[],
  { value: input, pointer, unknownField }: CheckedValue,
  faults: Fault[],
): void {
  for (const issue of issues) {
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) {
        if (faults.length >= MAX_FAULTS) return;
        faults.push({ pointer: pointerTo(pointer, [key]), rule: unknownField, got: kindOf((input as never)[key]) });
      }
    } else {
      const value = issue.path.reduce<unknown>(
        (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
        input,
      );
      const place = pointerTo(pointer, issue.path);
      if (faults.at(-1)?.pointer === place) continue; // zod measures even an array that should be text
      const isWhole = issue.path.length === 0;
      faults.push((isWhole ? objectFault : fault)(place, issue.message, value, "send the object itself"));
    }
  }
}
