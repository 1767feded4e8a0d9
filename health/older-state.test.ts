import { expect, it } from "vitest";
import { OlderState } from "./older-state.ts";
import type { TimelineState } from "./timeline.ts";

const run = { since: 0, health: "late", confirmedAt: 5, cause: "no pulse since" } as const;
const fullState = (): TimelineState => ({
  judgedUntil: 20_000,
  period: { first: 1, cell: [1, 2, 2], pauses: { 10000: [[11_000, 10_500]] }, pace: [[1000, 3]] },
  newest: "down",
  isSilent: true,
  isOfFew: true,
  runs: [{ ...run }],
});
const fieldsOf = ({ judgedUntil, period, newest, isSilent, isOfFew, runs }: TimelineState) => ({
  judgedUntil,
  period,
  newest,
  isSilent,
  isOfFew,
  runs,
});

it.each([
  ["with all that a state may have", fullState()],
  ["with what each has", { judgedUntil: 20_000, isSilent: false, runs: [] }],
])("an older state %s is as the state was, also once it is packed again", (_, state) => {
  const older = new OlderState(state);
  expect(fieldsOf(older)).toEqual(fieldsOf(state));
  older.pack();
  expect(fieldsOf(older)).toEqual(fieldsOf(state));
  expect(JSON.parse(JSON.stringify(older))).toEqual(state);
});

it("an older state keeps no object of the state that it was made of", () => {
  const state = fullState();
  const older = new OlderState(state);
  state.runs.push({ ...run, health: "up" });
  expect(older.runs).toEqual([run]);
});
