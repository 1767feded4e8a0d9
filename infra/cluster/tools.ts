import { spawnSync } from "node:child_process";

/** What the commands need, with where each comes from. */
const TOOLS = {
  docker: "https://docs.docker.com/engine/install",
  kind: "https://kind.sigs.k8s.io/docs/user/quick-start/#installation",
  kubectl: "https://kubernetes.io/docs/tasks/tools",
  terraform: "https://developer.hashicorp.com/terraform/install",
} as const;

export type Tool = keyof typeof TOOLS;

/** Something is missing or did not go well; the message is for a person and says what to do. */
export class ClusterError extends Error {
  override readonly name = "ClusterError";
}

/** Looks whether tools are there, all of them before anything is done. @throws {ClusterError} naming each that is not. */
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

/** Runs a command's main function; what a person can mend is told without a stack. */
export async function main(command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    const isForPerson = error instanceof Error && /^(Cluster|Settings)Error$/.test(error.name);
    console.error(isForPerson ? error.message : error);
    process.exitCode = 1;
  }
}
