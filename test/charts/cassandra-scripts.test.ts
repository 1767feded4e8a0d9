// The scripts of the chart cassandra, run as they are: only the folders differ, and cqlsh, which stands in for a Cassandra.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";

const SCRIPTS = "infra/charts/cassandra/files";
/** As much of an image's cassandra.yaml as the script edits. */
const IMAGE_YAML = `authenticator: AllowAllAuthenticator
authorizer: AllowAllAuthorizer
disk_failure_policy: stop
commit_failure_policy: stop
commitlog_sync: periodic
commitlog_sync_period: 10000ms
server_encryption_options:
  internode_encryption: none
  keystore: conf/.keystore
# Clients.
client_encryption_options:
  enabled: false
  keystore: conf/.keystore

num_tokens: 16
`;
/** Knows the roles by a file for each, with its password, and takes statements of one line. */
const CQLSH = `#!/bin/sh
for argument; do case $argument in --credentials=*) file=\${argument#*=};; esac; done
user=$(sed -n 's/^username = //p' "$file") password=$(sed -n 's/^password = //p' "$file")
[ "$(cat "$ROLES/$user" 2>/dev/null)" = "$password" ] || { echo "Bad credentials for $user" >&2; exit 1; }
echo "$user $*" >>"$ROLES.log"
while read -r line; do
  case $line in
    "ALTER ROLE cassandra WITH SUPERUSER = false AND LOGIN = false;") rm -f "$ROLES/cassandra";;
    *" ROLE "*PASSWORD*) role=\${line#* ROLE }; role=\${role%% *}; printf %s "$line" | sed "s/.*PASSWORD = '//; s/';$//; s/''/'/g" >"$ROLES/$role";;
  esac
done
`;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "pulsemesh-scripts-"));
  for (const folder of ["etc/cassandra", "conf", "passwords", "tmp", "bin", "roles"])
    mkdirSync(join(root, folder), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function run(script: string, env: Record<string, string>): { status: number | null; output: string } {
  const folders = /(?<=[\s"=>])\/(etc\/cassandra\/\.|conf\b|tls\b(?!\/ca\.crt$)|passwords\b|tmp\b)/gm;
  const text = readFileSync(join(SCRIPTS, script), "utf8").replaceAll(folders, `${root}/$1`);
  const PATH = `${join(root, "bin")}:${process.env.PATH}`;
  const { status, stdout, stderr } = spawnSync("sh", ["-c", text], { encoding: "utf8", env: { PATH, ...env } });
  return { status, output: stdout + stderr };
}

describe("configure.sh", () => {
  const env = { NODES: "1", TLS_IS_OPTIONAL: "false", CLIENT_CERTIFICATES: "true" };
  const configuration = () => parse(readFileSync(join(root, "conf/cassandra.yaml"), "utf8"));
  const putTls = (key: string) => {
    mkdirSync(join(root, "tls"));
    writeFileSync(join(root, "tls/tls.key"), key);
    writeFileSync(join(root, "tls/tls.crt"), "-----BEGIN CERTIFICATE-----\n");
  };
  beforeEach(() => writeFileSync(join(root, "etc/cassandra/cassandra.yaml"), IMAGE_YAML));

  it("asks for passwords, and keeps each write of a single node before it answers", () => {
    expect(run("configure.sh", env)).toEqual({ status: 0, output: "" });
    expect(configuration()).toMatchObject({
      authenticator: "PasswordAuthenticator",
      authorizer: "CassandraAuthorizer",
      commitlog_sync: "batch",
      server_encryption_options: { internode_encryption: "none" },
      num_tokens: 16,
    });
    expect(configuration()).not.toHaveProperty("commitlog_sync_period");
  });

  it("encrypts the connections of clients and of nodes with the Secret's certificate, in place of the image's section", () => {
    putTls("-----BEGIN PRIVATE KEY-----\n");
    expect(run("configure.sh", env)).toEqual({ status: 0, output: "" });
    const context = { class_name: "org.apache.cassandra.security.PEMBasedSslContextFactory" };
    const files = { ssl_context_factory: context, keystore: "/etc/cassandra/node.pem", truststore: "/tls/ca.crt" };
    expect(configuration()).toMatchObject({
      client_encryption_options: { enabled: true, optional: false, require_client_auth: true, ...files },
      server_encryption_options: { internode_encryption: "all", optional: false, require_client_auth: true, ...files },
      num_tokens: 16,
    });
    const pem = readFileSync(join(root, "conf/node.pem"), "utf8");
    expect(pem).toBe("-----BEGIN PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\n");
  });

  it("refuses a key in a form that Cassandra does not read, and says how to convert it", () => {
    putTls("-----BEGIN EC PRIVATE KEY-----\n");
    const { status, output } = run("configure.sh", env);
    expect(status).toBe(1);
    expect(output).toMatch(/Expected a private key in PKCS#8 .* `openssl pkcs8 -topk8 -nodes`/);
  });
});

describe("roles.sh", () => {
  const env = { SERVICE: "cassandra", NODES: "1", DATA_CENTER: "dc1", KEYSPACE: "pulsemesh" };
  const put = (folder: string, files: Record<string, string>) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(root, folder, name), text);
  };
  const passwordOf = (role: string) => readFileSync(join(root, "roles", role), "utf8");
  const runRoles = () => run("roles.sh", { ...env, ROLES: join(root, "roles") });
  beforeEach(() => {
    cpSync("/bin/true", join(root, "bin/sleep"), { dereference: true });
    writeFileSync(join(root, "bin/cqlsh"), CQLSH, { mode: 0o755 });
    put("roles", { cassandra: "cassandra" });
    put("passwords", { admin: "first", schema: "it's", pulsemesh: "p" });
  });

  it("replaces cassandra/cassandra by three roles with the Secret's passwords, and may run again", () => {
    expect(runRoles().status).toBe(0);
    expect(["admin", "pulsemesh_schema", "pulsemesh"].map(passwordOf)).toEqual(["first", "it's", "p"]);
    expect(existsSync(join(root, "roles/cassandra"))).toBe(false);
    expect(runRoles().status).toBe(0);
  });

  it("gives the roles changed passwords, and logs in with the former one of admin", () => {
    runRoles();
    put("passwords", { admin: "second", "former-admin": " first not-yet", pulsemesh: "next" });
    expect(runRoles().status).toBe(0);
    expect(["admin", "pulsemesh"].map(passwordOf)).toEqual(["second", "next"]);
    expect(runRoles().status).toBe(0);
  });

  it("says what to do when the former password of admin is missing, and shows none", () => {
    runRoles();
    put("passwords", { admin: "second" });
    const { status, output } = runRoles();
    expect(status).toBe(1);
    expect(output).toMatch(/put the password that Cassandra has into the Secret's key former-admin/);
    expect(output).not.toMatch(/first|second/);
  });

  it("connects with the certificate where there is one", () => {
    mkdirSync(join(root, "tls"));
    expect(runRoles().status).toBe(0);
    const calls = readFileSync(join(root, "roles.log"), "utf8").trim().split("\n");
    expect(calls.filter((call) => !call.includes("--cqlshrc=/scripts/cqlshrc"))).toEqual([]);
  });
});
