// The tests of the rules with the tools of Prometheus 3, which clusters run; Debian, and so `make test`, has 2.42.
import { execFileSync } from "node:child_process";
import { delimiter } from "node:path";
import { expect, it } from "vitest";
import { isSkippedWithout, runTool } from "../dashboards/testing/tools.ts";
import { temporaryFolder } from "../local/testing/temporary-folder.ts";

/** Prometheus 3.16. Its Go module is versioned apart from its releases. */
const PROMTOOL = "github.com/prometheus/prometheus/cmd/promtool@v0.316.0";
/** Compiling Prometheus takes minutes where Go's cache is empty. */
const TIMEOUT_MS = 1_800_000;

it.skipIf(isSkippedWithout("go"))("the rules pass their tests on Prometheus 3", { timeout: TIMEOUT_MS }, () => {
  const folder = temporaryFolder();
  execFileSync("go", ["install", PROMTOOL], { env: { ...process.env, GOBIN: folder }, stdio: "inherit" });
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` };
  expect(runTool(`${folder}/promtool`, ["check", "rules", "dashboards/generated/rules.yaml"])).toContain("SUCCESS");
  const args = ["vitest", "run", "--project", "main", "--coverage.enabled=false", "dashboards/rules"];
  execFileSync("npx", args, { env, stdio: "inherit" });
});
