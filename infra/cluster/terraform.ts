import { run } from "./command.ts";
import { kubectl } from "./kubernetes.ts";
import { say } from "./progress.ts";

// What terraform says of each release, without its plan.
const NEWS =
  /: (Creating|Modifying|Destroying|Still|Creation complete|Modifications complete|Destruction complete)|^Apply complete|^No changes/;

/** Applies a stack that was synthesized. */
export async function apply(stack: "platform" | "app"): Promise<void> {
  const chdir = `-chdir=cdktf.out/stacks/${stack}`;
  await run("terraform", [chdir, "init", "-input=false", "-no-color", "-reconfigure"]);
  const args = [chdir, "apply", "-auto-approve", "-input=false", "-no-color"];
  await run("terraform", args, { onLine: (line) => void (NEWS.test(line) && say(`${stack}: ${line}`)) });
}

/**
 * Removes the marks of releases whose installation was interrupted: Helm would refuse to go on. What they had made so
 * far is taken over by the next installation.
 */
export async function forgetInterrupted(): Promise<void> {
  const selector = "owner=helm,status in (pending-install,pending-upgrade,pending-rollback)";
  const secrets = await kubectl(["get", "secret", "-A", "-l", selector, "-o", "json"]);
  for (const { metadata } of JSON.parse(secrets).items) {
    say(`taking up what was interrupted: ${metadata.labels.name}`);
    await kubectl(["delete", "secret", metadata.name, "-n", metadata.namespace]);
  }
}
