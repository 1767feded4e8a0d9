import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "cassandra-driver";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import type { CassandraSettings } from "../../settings/cassandra-settings.ts";
import { type CassandraPulseStore, openCassandraPulseStore } from "../../storage/cassandra/pulse-store.ts";
import { describeUnless } from "../../storage/testing/describe-unless.ts";
import { connectTo, makeKeyspace, RETENTION_MS } from "../../storage/testing/keyspace.ts";
import { openNodeProxy } from "../../storage/testing/node-proxy.ts";
import { readLatest } from "../../storage/testing/read-back.ts";
import { type Authority, makeAuthority, tellsOf } from "./certificates.ts";
import { type OwnCassandra, startOwnCassandra, whyNoProcesses } from "./own-cassandra.ts";

const PATIENCE = { timeout: 120_000, interval: 100 };
const skip = await whyNoProcesses();

describeUnless(skip, "a node with passwords and certificates", () => {
  const folder = mkdtempSync(join(tmpdir(), "pulsemesh-security-"));
  const appPassword = `secret-${randomUUID()}`;
  const passwordFile = join(folder, "password");
  const stores: CassandraPulseStore[] = [];
  let authority: Authority;
  let own: OwnCassandra;
  let admin: Client;
  let settings: CassandraSettings;

  beforeAll(async () => {
    authority = makeAuthority(folder, "nodes");
    own = await startOwnCassandra({
      auth: true,
      tls: authority.nodeTls("node", "127.0.0.1"),
      commitlogSync: "periodic",
    });
    const adminPassword = join(folder, "admin-password");
    writeFileSync(adminPassword, "cassandra\n", { mode: 0o600 });
    writeFileSync(passwordFile, `${appPassword}\n`, { mode: 0o600 });
    const tls = { caFile: authority.certFile, ...authority.issue("client") };
    const asAdmin = { ...own.settings, ...tls, user: "cassandra", passwordFile: adminPassword };
    settings = { ...own.settings, ...tls, user: "app", passwordFile, requestTimeoutMs: 20_000 };
    // Cassandra makes its first role some time after the port opens.
    await vi.waitFor(() => makeKeyspace(asAdmin), PATIENCE);
    admin = await connectTo(asAdmin);
    for (const role of ["app", "stranger", "rotated"]) {
      await admin.execute(`CREATE ROLE ${role} WITH PASSWORD = '${appPassword}' AND LOGIN = true`, [], {
        prepare: false,
      });
    }
    for (const right of ["SELECT", "MODIFY"]) {
      for (const role of ["app", "rotated"]) {
        await admin.execute(`GRANT ${right} ON KEYSPACE ${settings.keyspace} TO ${role}`, [], { prepare: false });
      }
    }
  }, 300_000);

  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
  });

  afterAll(async () => {
    await admin?.shutdown();
    await own?.cassandra.stop();
    rmSync(folder, { recursive: true });
  });

  function open(changes: Partial<CassandraSettings>, onLine: (line: string) => void = () => {}): CassandraPulseStore {
    const store = openCassandraPulseStore({ settings: { ...settings, ...changes }, retentionMs: RETENTION_MS, onLine });
    stores.push(store);
    return store;
  }

  const pulse = { service_name: "s", event_time: Date.now(), latency_ms: 1, status: "ok", id: "1", source: "/" };

  async function refusalOf(changes: Partial<CassandraSettings>): Promise<string> {
    const store = open(changes);
    const message = await store.check().then(() => "ready", String);
    expect(await store.write([pulse])).toMatchObject({ kind: "retry" });
    return message;
  }

  it("is written to and read from by a role that may select and modify, and no more", async () => {
    const store = open({});
    await store.check();
    expect(await store.write([pulse])).toEqual({ kind: "stored" });
    expect((await readLatest(store)).map(({ id }) => id)).toEqual(["1"]);
  });

  it("refuses a wrong password; the error names the setting and holds no secret", async () => {
    const wrong = join(folder, "wrong-password");
    writeFileSync(wrong, "not-the-password");
    const message = await refusalOf({ passwordFile: wrong });
    expect(message).toMatch(
      /the user or the password is wrong: check PULSE_CASSANDRA_USER and PULSE_CASSANDRA_PASSWORD_FILE/,
    );
    expect(tellsOf(message, wrong)).toBe(false);
  });

  it("is used without a restart once the password file is right", async () => {
    const changing = join(folder, "changing-password");
    writeFileSync(changing, "not-yet");
    const store = open({ passwordFile: changing });
    await expect(store.check()).rejects.toThrow(/PASSWORD_FILE/);
    writeFileSync(changing, appPassword);
    await vi.waitFor(() => store.check(), PATIENCE);
    expect(await store.write([pulse])).toEqual({ kind: "stored" });
  });

  it("is not reached by a user without a password, or by a password without encryption where a name says that there is one", async () => {
    expect(() => open({ passwordFile: undefined })).toThrow(/PULSE_CASSANDRA_PASSWORD_FILE: Expected a file's path/);
    const named = { caFile: undefined, certFile: undefined, keyFile: undefined, tlsServerName: "cassandra.example" };
    expect(() => open(named)).toThrow(/PULSE_CASSANDRA_CA_FILE: Expected a file's path/);
    await expect(open({ passwordFile: join(folder, "absent") }).check()).rejects.toThrow(/PASSWORD_FILE: .*got ENOENT/);
  });

  it("is not trusted when another authority vouches for it", async () => {
    const other = makeAuthority(folder, "others");
    expect(await refusalOf({ caFile: other.certFile })).toMatch(/PULSE_CASSANDRA_CA_FILE/);
  });

  it("is not trusted under a name that its certificate does not have", async () => {
    expect(await refusalOf({ tlsServerName: "cassandra.example" })).toMatch(/ERR_TLS_CERT_ALTNAME_INVALID/);
  });

  it("refuses a client without a certificate, and one of another authority", async () => {
    expect(await refusalOf({ certFile: undefined, keyFile: undefined })).toMatch(/Expected Cassandra to be ready/);
    const { certFile, keyFile } = makeAuthority(folder, "strangers").issue("client");
    expect(await refusalOf({ certFile, keyFile })).toMatch(/Expected Cassandra to be ready/);
  });

  it("refuses a role without rights; the error names the grant", async () => {
    expect(await refusalOf({ user: "stranger" })).toMatch(/grant the role SELECT and MODIFY/);
  });

  it("is found again by reads alone after its password has changed, and says meanwhile what is wrong", async () => {
    const [contactPoint = ""] = settings.contactPoints ?? [];
    const proxy = await openNodeProxy(contactPoint);
    const changing = join(folder, "rotated-password");
    writeFileSync(changing, appPassword);
    const lines: string[] = [];
    const store = open(
      { contactPoints: [proxy.address], user: "rotated", passwordFile: changing, requestTimeoutMs: 5000 },
      (line) => lines.push(line),
    );
    await vi.waitFor(() => store.check(), PATIENCE);
    // Cassandra refuses a password's change within 5 s of the one before.
    const rotate = () => admin.execute("ALTER ROLE rotated WITH PASSWORD = 'the-next-one'", [], { prepare: false });
    await vi.waitFor(rotate, PATIENCE);
    // Cassandra's cache of credentials takes the former password for some seconds.
    const isRefused = () =>
      connectTo({ ...settings, user: "rotated" }).then(
        (client) => client.shutdown(),
        () => true,
      );
    await vi.waitFor(async () => expect(await isRefused()).toBe(true), PATIENCE);
    await proxy.cut();
    await proxy.open();
    const read = () => readLatest(store).then(() => "read", String);
    await vi.waitFor(async () => expect(await read()).toMatch(/the user or the password is wrong/), PATIENCE);
    expect(lines.filter((line) => /PULSE_CASSANDRA_PASSWORD_FILE/.test(line))).toHaveLength(1);
    writeFileSync(changing, "the-next-one");
    await vi.waitFor(async () => expect(await read()).toBe("read"), PATIENCE);
    expect(lines.at(-1)).toBe("Cassandra answers again");
  });
});
