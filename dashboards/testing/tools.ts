// Programs that tests run and npm does not install: Prometheus' tools, Helm, and Go for Go modules.
import { execFileSync, spawnSync } from "node:child_process";

const REMEDY =
  "apt-get install -y prometheus prometheus-alertmanager openssl for promtool, amtool and openssl, https://go.dev/dl for go, https://helm.sh/docs/intro/install for helm";

/**
 * Whether tests that need these programs are skipped because this machine lacks one. Warns with the remedy. In CI no test is
 * skipped: it runs and fails, so that a missing program is noticed.
 */
export function isSkippedWithout(...names: string[]): boolean {
  const missing = names.filter((name) => spawnSync(name, ["--version"], { stdio: "ignore" }).error !== undefined);
  if (missing.length === 0 || process.env.CI === "true") return false;
  console.warn(`skipped: Expected ${missing.join(" and ")} to be installed, got none: ${REMEDY}`);
  return true;
}

// Most of these are Go programs, and end before their garbage is worth collecting: with it they take half as much CPU again.
const env = { GOGC: "400", ...process.env };

/** Runs a tool and returns what it prints. @throws with its output when it fails */
export function runTool(name: string, args: readonly string[]): string {
  try {
    return execFileSync(name, args, { encoding: "utf8", stdio: "pipe", env });
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`Expected ${name} ${args.join(" ")} to pass, got:\n${stdout}${stderr}${stdout ? "" : error}`, {
      cause: error,
    });
  }
}
