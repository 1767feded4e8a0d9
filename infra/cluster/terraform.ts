import { run } from "./command.ts";
import { kubectl } from "./kubernetes.ts";
import { say } from "./progress.ts";

// Terraform's lines about each release, without the plan.
const NEWS =
  /: (Creating|Modifying|Destroying|Still|Creation complete|Modifications complete|Destruction complete)|^Apply complete|^No changes/;

/** Applies a synthesized stack. */
export async function apply(stack: "platform" | "app"): Promise<void> {
  const chdir = `-chdir=cdktf.out/stacks/${stack}`;
  await run("terraform", [chdir, "init", "-input=false", "-no-color", "-reconfigure"]);
  const args = [chdir, "apply", "-auto-approve", "-input=false", "-no-color"];
  await run("terraform", args, { onLine: (line) => void (NEWS.test(line) && say(`${stack}: ${line}`)) });
}

/**
 * Deletes Helm's records of interrupted installations, with which Helm would refuse to go on. The next installation takes
 * over the objects that exist.
 */
export async function forgetInterrupted(): Promise<void> {
  const selector = "owner=helm,status in (pending-install,pending-upgrade,pending-rollback)";
  const secrets = await kubectl(["get", "secret", "-A", "-l", selector, "-o", "json"]);
  for (const { metadata } of JSON.parse(secrets).items) {
    say(`resuming an interrupted installation: ${metadata.labels.name}`);
    await kubectl(["delete", "secret", metadata.name, "-n", metadata.namespace]);
  }
}
