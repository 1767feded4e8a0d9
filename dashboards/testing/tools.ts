// Programs that tests run and npm does not bring: Prometheus' own tools, Helm, and Go for what is a Go module.
import { execFileSync, spawnSync } from "node:child_process";

export const REMEDY =
  "apt-get install -y prometheus prometheus-alertmanager for promtool and amtool, https://go.dev/dl for go, https://helm.sh/docs/intro/install for helm";

/** The programs among these that this machine does not have. */
export function missingTools(...names: string[]): string[] {
  return names.filter((name) => spawnSync(name, ["--version"], { stdio: "ignore" }).error !== undefined);
}

/**
 * True when tests that need these programs are to be skipped: said aloud, with the remedy. In CI they run all the same, and
 * fail, so that nothing goes untested unseen.
 */
export function isSkippedWithout(...names: string[]): boolean {
  const missing = missingTools(...names);
  if (missing.length === 0 || process.env.CI === "true") return false;
  console.warn(`skipped: Expected ${missing.join(" and ")} to be installed, got none: ${REMEDY}`);
  return true;
}

/** Runs a tool and gives what it printed. @throws with all of that when it fails. */
export function runTool(name: string, args: readonly string[]): string {
  try {
    return execFileSync(name, args, { encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`Expected ${name} ${args.join(" ")} to pass, got:\n${stdout}${stderr}${stdout ? "" : error}`, {
      cause: error,
    });
  }
}
