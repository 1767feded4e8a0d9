import { randomBytes } from "node:crypto";
import { ADMIN_TOKENS } from "../stack.ts";
import { kubectl, kubectlSucceeds } from "./kubernetes.ts";
import { say } from "./progress.ts";

/**
 * Makes a Secret of random passwords, and of what is `fixed`, unless it exists, so that neither Terraform's state nor Helm's values hold them. They
 * are hexadecimal: many commands would take one that begins with a minus for an option.
 */
async function ensureSecret(namespace: string, name: string, passwords: readonly string[], fixed = {}): Promise<void> {
  if (await kubectlSucceeds(["get", "secret", name, "-n", namespace])) return;
  const random = Object.fromEntries(passwords.map((key) => [key, randomBytes(24).toString("hex")]));
  const stringData = { ...fixed, ...random };
  const namespaceObject = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };
  await kubectl(["apply", "-f", "-"], JSON.stringify(namespaceObject));
  const secret = { apiVersion: "v1", kind: "Secret", metadata: { name, namespace }, stringData };
  await kubectl(["create", "-f", "-"], JSON.stringify(secret));
  say(`made the Secret ${name}`);
}

/** Makes Cassandra's passwords unless they exist. Returns a text that changes with them and says nothing of them. */
export async function ensurePasswords(namespace: string): Promise<string> {
  const name = "cassandra-passwords";
  await ensureSecret(namespace, name, ["admin", "schema", "pulsemesh"]);
  return kubectl(["get", "secret", name, "-n", namespace, "-o", "jsonpath={.metadata.resourceVersion}"]);
}

export async function ensureAdminToken(namespace: string): Promise<void> {
  // A token counts once its line ends with a newline.
  await ensureSecret(namespace, ADMIN_TOKENS, [], { tokens: `${randomBytes(24).toString("hex")} *\n` });
}

export async function ensureGrafanaPassword(): Promise<void> {
  await ensureSecret("monitoring", "grafana-admin", ["admin-password"], { "admin-user": "admin" });
}
