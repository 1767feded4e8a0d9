import { spawnSync } from "node:child_process";
import { failureForTerminal } from "../../settings/terminal-text.ts";

/** The tools that the commands need, and where to get each. */
const TOOLS = {
  docker: "https://docs.docker.com/engine/install",
  kind: "https://kind.sigs.k8s.io/docs/user/quick-start/#installation",
  kubectl: "https://kubernetes.io/docs/tasks/tools",
  terraform: "https://developer.hashicorp.com/terraform/install",
} as const;

export type Tool = keyof typeof TOOLS;

/** A failure that a person can mend; the message says how. */
export class ClusterError extends Error {
  override readonly name = "ClusterError";
}

/** Checks that all the tools are installed. @throws {ClusterError} naming each missing one */
export function requireTools(...tools: Tool[]): void {
  const missing = tools.filter((tool) => spawnSync(tool, ["--help"], { stdio: "ignore" }).error !== undefined);
  if (missing.length > 0) {
    throw new ClusterError(
      missing.map((tool) => `Expected ${tool} on the PATH, got none: get it from ${TOOLS[tool]}`).join("\n"),
    );
  }
  if (tools.includes("docker") && spawnSync("docker", ["info"], { stdio: "ignore" }).status !== 0) {
    throw new ClusterError("Expected Docker to run, got no answer: start it, and see `docker info`");
  }
}

/** Runs a command's main function. A failure that a person can mend is printed without a stack. */
export async function main(command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    console.error(failureForTerminal(error, ["ClusterError", "SettingsError"]));
    process.exitCode = 1;
  }
}
