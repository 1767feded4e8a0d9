import { pino } from "pino";
import { afterEach, expect, it, onTestFinished, vi } from "vitest";
import type { RollingOptions } from "../history/roller.ts";
import { StoreError } from "../storage/store-error.ts";
import { temporaryFolder } from "../storage/testing/temporary-folder.ts";
import { createParts } from "./parts.ts";
import { compose as composeHealth } from "./pulse-health/compose.ts";
import type { RoundsOptions } from "./pulse-health/rounds.ts";
import { compose as composePersist } from "./pulse-persist/compose.ts";

// What the functions hand to their rounds, in place of the rounds: the first of pulse-persist begins half a minute after its start.
const given = vi.hoisted((): Pick<RoundsOptions, "onFailure">[] => []);
const InPlace = vi.hoisted(
  () =>
    class {
      constructor(options: Pick<RoundsOptions | RollingOptions, "onFailure">) {
        given.push(options);
      }
      async stop() {}
    },
);
vi.mock("../history/roller.ts", () => ({ Rolling: InPlace }));
vi.mock("./pulse-health/rounds.ts", () => ({ Rounds: InPlace }));
afterEach(() => void given.splice(0));

it.each([
  {
    name: "pulse-health",
    compose: composeHealth,
    waits: "services could not be judged; the next round makes up for it",
    failed: "a round that judges services failed: this is a defect",
  },
  {
    name: "pulse-persist",
    compose: composePersist,
    waits: "rolling up the past waits: answers are right without it, and slower",
    failed: "rolling up the past failed: this is a defect",
  },
])("$name warns while its store is away, and calls anything else a defect", async (one) => {
  const lines: Record<string, unknown>[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const parts = await createParts({ PULSE_DATA_DIR: temporaryFolder(), K_SINK: "http://localhost:1/" }, log);
  const fn = await one.compose(parts);
  onTestFinished(() => fn.close());
  given[0]?.onFailure(new StoreError("Expected the store to answer"));
  given[0]?.onFailure(new TypeError("undefined is not iterable"));
  expect(lines).toMatchObject([
    { level: 40, msg: one.waits, err: { message: "Expected the store to answer" } },
    { level: 50, msg: one.failed, err: { message: "undefined is not iterable" } },
  ]);
});
