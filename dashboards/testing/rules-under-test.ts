// Runs the rules on Prometheus' engine: promtool feeds them series and compares the samples of an expression.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import type { RuleGroup } from "../rules/rule.ts";
import type { AlertCase } from "./alert-case.ts";
import { runTool } from "./tools.ts";

export interface Sample {
  labels: string;
  value: number;
}

/** The samples of an expression at a time, such as `90m`. */
export interface Expectation {
  expr: string;
  at: string;
  samples: readonly Sample[];
}

export interface RulesUnderTest {
  file: string;
  /** Runs the rules on series and compares all expectations. @throws with what promtool got instead. */
  expectAll(input: Pick<AlertCase, "series" | "interval" | "tick">, expectations: readonly Expectation[]): void;
  close(): void;
}

/** Writes the rules for promtool. Leave out groups that only cost time. */
export function openRulesUnderTest(groups: readonly RuleGroup[]): RulesUnderTest {
  const folder = mkdtempSync(join(tmpdir(), "pulse-rules-"));
  const file = join(folder, "rules.yaml");
  writeFileSync(file, stringify({ groups }));
  return {
    file,
    expectAll({ series, interval = "1m", tick = "1m" }, expectations) {
      const test = {
        rule_files: ["rules.yaml"],
        evaluation_interval: tick,
        // Without an order promtool 3 evaluates the groups at random. An alert evaluated before the recording rule that it
        // reads finds the sample of the last tick, which at a tick of 5 minutes is just too old for Prometheus 3.
        group_eval_order: groups.map(({ name }) => name),
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
    },
    close: () => rmSync(folder, { recursive: true }),
  };
}
