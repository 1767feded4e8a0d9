import fc from "fast-check";
import { expect } from "vitest";
import { Marks } from "./marks.ts";
import { bodyOf, type Input, type Stored } from "./plan.ts";
import { type Answer, expectPulses, type Product } from "./product.ts";

/** How many inputs a run makes, and from which seed. */
export interface Amount {
  inputs: number;
  seed: number;
}

const MOST_AT_ONCE = 200;
const RUNS_A_ROUND = 20;

/**
 * Checks a property on at least so many inputs of one kind, `atOnce` or fewer at the same time. A failure says the seed, and the
 * smallest inputs that fail.
 * @returns how many inputs there were
 */
export async function checkInputs<T>(
  kind: string,
  { inputs, seed }: Amount,
  input: fc.Arbitrary<T>,
  check: (inputs: readonly T[]) => Promise<void>,
  atOnce = MOST_AT_ONCE,
): Promise<number> {
  const some = fc.array(input, { minLength: 1, maxLength: atOnce, size: "max" });
  let made = 0;
  for (let round = 0; made < inputs; round++) {
    const property = fc.asyncProperty(some, async (all) => {
      made += all.length;
      await check(all);
    });
    const numRuns = Math.min(RUNS_A_ROUND, Math.ceil((inputs - made) / (atOnce / 2)));
    const details = await fc.check(property, { seed: seed + round, numRuns });
    if (details.failed) {
      throw new Error(`${kind}, GENERATED_SEED=${seed + round}: ${fc.defaultReportMessage(details)}`, {
        cause: details.errorInstance,
      });
    }
  }
  return made;
}

/** Sends requests, holds the answers to the verdicts, and reads back what was accepted. */
export async function checkRequests(product: Product, base: string, inputs: readonly Input[]): Promise<void> {
  const marks = new Marks(() => product.newMark());
  const accepted = await Promise.all(
    inputs.map(async (planned) => {
      const { mark, pulses } = marks.forPulses(planned.verdict.kind === "refused" ? [] : planned.verdict.pulses);
      const answer = await product.send(base, planned, bodyOf(planned, mark));
      expectAnswer(planned, answer);
      return answer.status === 202 ? withIds(pulses, answer) : [];
    }),
  );
  expectPulses(await product.read(marks.services), accepted.flat());
}

export function expectAnswer({ verdict }: Input, { status, headers, body }: Answer): void {
  const answer = `${status} ${body}`;
  const wanted = verdict.kind === "refused" ? [verdict.status] : verdict.kind === "accepted" ? [202] : [202, 400];
  expect(wanted, answer).toContain(status);
  if (status === 202) return;
  expect(headers["content-type"], answer).toBe("application/problem+json");
  const { errors = [], detail } = JSON.parse(body) as { errors?: { pointer: string; rule: string }[]; detail: string };
  expect(detail, answer).toMatch(/\w/);
  if (status !== 400) return;
  expect(errors.length, answer).toBeGreaterThan(0);
  for (const { pointer, rule } of errors) {
    if (verdict.kind === "refused" && verdict.places !== undefined) expect(verdict.places, answer).toContain(pointer);
    expect(rule, answer).toMatch(/^Expected /);
  }
}

/** The pulses with the ids that the answer gives to those without one. */
function withIds(pulses: readonly Stored[], { body }: Answer): Stored[] {
  if (body === "") return [...pulses];
  const { accepted, ids } = JSON.parse(body) as { accepted: number; ids: string[] };
  expect(accepted).toBe(pulses.length);
  expect(ids).toHaveLength(pulses.length);
  return pulses.map((pulse, i) => {
    if (pulse.id !== undefined) expect(ids[i]).toBe(pulse.id);
    return { ...pulse, id: ids[i] };
  });
}
