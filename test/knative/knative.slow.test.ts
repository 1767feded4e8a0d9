// Runs the cases through Knative's own code. With PULSE_RECORD=1 it writes recorded.json, a line for each
// case, so that a release of Knative is a diff.
import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { isSkippedWithout } from "../../dashboards/testing/tools.ts";
import { temporaryFolder } from "../../local/testing/temporary-folder.ts";
import { EXCHANGES, POLICIES } from "./cases.ts";

type Answers = Record<string, Record<string, unknown>>;

const RECORDED = fileURLToPath(new URL("recorded.json", import.meta.url));
/** Compiling Knative takes minutes where Go's cache is empty. */
const TIMEOUT_MS = 1_800_000;

it.skipIf(isSkippedWithout("go"))("Knative answers the cases as it is recorded", { timeout: TIMEOUT_MS }, () => {
  const folder = temporaryFolder();
  for (const name of ["main.go", "go.mod"]) copyFileSync(new URL(name, import.meta.url), join(folder, name));
  execFileSync("go", ["mod", "tidy"], { cwd: folder, stdio: "ignore" });
  execFileSync("go", ["build", "-o", "knative", "."], { cwd: folder });
  const input = JSON.stringify({ policies: POLICIES, exchanges: EXCHANGES });
  const output = execFileSync(join(folder, "knative"), { input, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  const answers: Answers = JSON.parse(output);
  if (process.env.PULSE_RECORD === "1") writeFileSync(RECORDED, linesOf(answers));
  expect(answers).toEqual(JSON.parse(readFileSync(RECORDED, "utf8")));
});

function linesOf(answers: Answers): string {
  const groups = Object.entries(answers).map(([group, cases]) => {
    const lines = Object.entries(cases).map(([name, answer]) => `${JSON.stringify(name)}: ${JSON.stringify(answer)}`);
    return `${JSON.stringify(group)}: {\n${lines.join(",\n")}\n}`;
  });
  return `{\n${groups.join(",\n")}\n}\n`;
}
