import { randomBytes } from "node:crypto";
import { kubectl, kubectlSucceeds } from "./kubernetes.ts";
import { say } from "./progress.ts";

const SECRET = "cassandra-passwords";
const ROLES = ["admin", "schema", "pulsemesh"];

/** Makes the Secret of Cassandra's passwords when it is not there: they are neither in Terraform's state nor in Helm's values. */
export async function ensurePasswords(namespace: string): Promise<void> {
  if (await kubectlSucceeds(["get", "secret", SECRET, "-n", namespace])) return;
  const stringData = Object.fromEntries(ROLES.map((role) => [role, randomBytes(24).toString("base64url")]));
  const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: SECRET, namespace }, stringData };
  await kubectl(["create", "-f", "-"], JSON.stringify(secret));
  say(`made the Secret ${SECRET}`);
}
