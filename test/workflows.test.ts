// GitHub's workflows pass actionlint, and keep to rules that actionlint does not check.
import { execFileSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { isSkippedWithout } from "../dashboards/testing/tools.ts";

const ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12";
const PINNED = /^[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/;

const files = globSync(".github/workflows/*.yml");

describe.skipIf(isSkippedWithout("go"))("actionlint", () => {
  it("finds no fault in the workflows, and finds the fault of a broken one", () => {
    expect(actionlint(files)).toBe("");
    const broken = "on: pushed\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: make\n";
    expect(actionlint(["-"], broken)).toContain('unknown Webhook event "pushed"');
  }, 240_000);
});

describe.each(files)("%s", (file) => {
  const text = readFileSync(file, "utf8");
  const workflow = parse(text);

  it("pins every action by its commit, with the version beside it", () => {
    const uses = [...text.matchAll(/uses: (.*)/g)].map((match) => match[1] as string);
    expect(uses.length).toBeGreaterThan(0);
    expect(uses.filter((one) => !PINNED.test(one))).toEqual([]);
  });

  it("lets the token only read by default, and leaves no credentials in the checkout", () => {
    expect([{}, { contents: "read" }]).toContainEqual(workflow.permissions);
    const steps = Object.values<{ steps: { uses?: string; with?: object }[] }>(workflow.jobs).flatMap(
      (job) => job.steps,
    );
    for (const step of steps.filter((one) => one.uses?.startsWith("actions/checkout@"))) {
      expect(step.with).toMatchObject({ "persist-credentials": false });
    }
  });

  it("bounds the time of every job", () => {
    for (const job of Object.values<Record<string, unknown>>(workflow.jobs)) {
      expect(job["timeout-minutes"]).toBeLessThanOrEqual(60);
    }
  });
});

it("CI checks the signatures of the packages that it installs", () => {
  const { jobs } = parse(readFileSync(".github/workflows/ci.yml", "utf8"));
  const commands = jobs.check.steps.map(({ run }: { run?: string }) => run);
  expect(commands.indexOf("npm audit signatures")).toBe(commands.indexOf("make install") + 1);
});

/** The output of actionlint for files, or for `input` when the name is `-`. */
function actionlint(names: readonly string[], input = ""): string {
  try {
    return execFileSync("go", ["run", ACTIONLINT, "-no-color", ...names], { input, encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string };
    if (status !== 1 || stdout === "") throw new Error(`Expected actionlint to run, got:\n${stderr}`, { cause: error });
    return stdout;
  }
}
