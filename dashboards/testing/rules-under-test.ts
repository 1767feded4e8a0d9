// The rules on Prometheus' own engine: promtool feeds them series and compares what comes out.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import type { RuleGroup } from "../rules/rule.ts";
import type { AlertCase } from "./alert-cases.ts";
import { runTool } from "./tools.ts";

export interface Sample {
  labels: string;
  value: number;
}

/** What an expression is to give at a time, such as `90m`. */
export interface Expectation {
  expr: string;
  at: string;
  samples: readonly Sample[];
}

export interface RulesUnderTest {
  file: string;
  /** Runs the rules on series and compares an expression's samples. @throws with what it got instead. */
  expectSamples(
    input: Pick<AlertCase, "series" | "interval" | "tick" | "at">,
    expr: string,
    samples: readonly Sample[],
  ): void;
  /** The same at several times of one run. */
  expectAll(input: Pick<AlertCase, "series" | "interval" | "tick">, expectations: readonly Expectation[]): void;
  close(): void;
}

/** Writes the rules for promtool: those of a few groups where the others would only cost time. */
export function openRulesUnderTest(groups: readonly RuleGroup[]): RulesUnderTest {
  const folder = mkdtempSync(join(tmpdir(), "pulse-rules-"));
  const file = join(folder, "rules.yaml");
  writeFileSync(file, stringify({ groups }));

  function expectAll(
    { series, interval = "1m", tick = "1m" }: Pick<AlertCase, "series" | "interval" | "tick">,
    expectations: readonly Expectation[],
  ): void {
    const test = {
      rule_files: ["rules.yaml"],
      evaluation_interval: tick,
      tests: [
        {
          interval,
          input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
          promql_expr_test: expectations.map(({ expr, at, samples }) => ({
            expr,
            eval_time: at,
            exp_samples: samples,
          })),
        },
      ],
    };
    writeFileSync(join(folder, "test.yaml"), stringify(test));
    runTool("promtool", ["test", "rules", join(folder, "test.yaml")]);
  }

  return {
    file,
    expectSamples: ({ at, ...input }, expr, samples) => expectAll(input, [{ expr, at, samples }]),
    expectAll,
    close: () => rmSync(folder, { recursive: true }),
  };
}
