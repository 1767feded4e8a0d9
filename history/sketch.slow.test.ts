import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RELATIVE_ACCURACY, Sketch } from "./sketch.ts";

/** Prints the value at each place that it is asked for, of a sketch that is merged of two. */
const PROGRAM = `
import json, sys
from ddsketch import DDSketch
asked = json.load(sys.stdin)
sketches = [DDSketch(asked["accuracy"]), DDSketch(asked["accuracy"])]
for i, value in enumerate(asked["values"]):
    sketches[i % 2].add(value)
sketches[0].merge(sketches[1])
last = len(asked["values"]) - 1
print(json.dumps([sketches[0].get_quantile_value(min(1, (place + 0.5) / last)) for place in asked["places"]]))
`;

const folder = mkdtempSync(join(tmpdir(), "pulsemesh-ddsketch-"));
const python = join(folder, "bin", "python");
beforeAll(() => {
  execFileSync("python3", ["-m", "venv", folder]);
  execFileSync(python, ["-m", "pip", "install", "--quiet", "ddsketch==3.0.1"]);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("a sketch beside Python's ddsketch", () => {
  it.each([
    [
      "around 20 ms, with a heavy tail",
      (i: number) => 20 * Math.exp(8 * ((Math.imul(i, 2654435761) >>> 0) / 2 ** 32) ** 4),
    ],
    [
      "over the whole range of latencies",
      (i: number) => 1e-6 * Math.exp(32 * ((Math.imul(i, 2654435761) >>> 0) / 2 ** 32)),
    ],
    ["just below 1 ms", (i: number) => 0.98 + 0.02 * ((i % 1000) / 1000)],
    ["mostly zero", (i: number) => (i % 10 === 0 ? i : 0)],
  ])("has the same values: %s", (_, latencyOf) => {
    const values = Array.from({ length: 20_000 }, (_, i) => latencyOf(i));
    const places = Array.from({ length: 200 }, (_, i) => i * 100);
    const input = JSON.stringify({ accuracy: RELATIVE_ACCURACY, values, places });
    const expected: number[] = JSON.parse(execFileSync(python, ["-c", PROGRAM], { input, encoding: "utf8" }));
    const sketch = new Sketch();
    for (const value of values) sketch.add(value);
    places.forEach((place, i) => {
      const other = expected[i] as number;
      expect(Math.abs(sketch.valueAt(place) - other)).toBeLessThanOrEqual(other * 1e-9);
    });
  });
});
