import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it, vi } from "vitest";
import { describeUnless } from "../testing/describe-unless.ts";
import { connectTo } from "../testing/keyspace.ts";
import { openNodeProxy } from "../testing/node-proxy.ts";
import { cassandraEnv, skipReason, testSettings } from "../testing/shared-cassandra.ts";
import { runSchemaCommand } from "./schema-cli.ts";
import { SCHEMA_VERSION } from "./schema-verify.ts";

describeUnless(skipReason(), "the schema of a keyspace, by command", () => {
  const keyspaces: string[] = [];
  afterAll(async () => {
    const client = await connectTo(testSettings());
    for (const keyspace of keyspaces) await client.execute(`DROP KEYSPACE IF EXISTS ${keyspace}`);
    await client.shutdown();
  });

  function newKeyspace(): string {
    const keyspace = `schema_command_${randomUUID().slice(0, 8)}`;
    keyspaces.push(keyspace);
    return keyspace;
  }

  function command(...args: string[]) {
    const said: string[] = [];
    return {
      said,
      run: (changes: Record<string, string> = {}) =>
        runSchemaCommand(args, { ...cassandraEnv(), ...changes }, (line) => said.push(line)),
    };
  }

  it("is applied and verified", async () => {
    const changes = { PULSE_CASSANDRA_KEYSPACE: newKeyspace(), PULSE_CASSANDRA_BUCKET_MINUTES: "30" };
    await expect(command("verify").run(changes)).rejects.toThrow(
      /to hold PulseMesh's tables, got none: run `npm run schema/,
    );
    const applied = command("apply");
    expect(await applied.run(changes)).toBe(0);
    expect(applied.said.at(-1)).toContain(`version ${SCHEMA_VERSION}, buckets of 30 minutes`);
    expect(await command("verify").run(changes)).toBe(0);
  });

  it("ends at once, with the nodes' data centres, where the configured one is none of them", async () => {
    const file = fileURLToPath(new URL("schema-cli.ts", import.meta.url));
    const env = { ...process.env, ...cassandraEnv(), PULSE_CASSANDRA_LOCAL_DC: "dc9" };
    const child = spawn(process.execPath, [file, "verify"], { env, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => (said += chunk));
    const [code] = await once(child, "close", { signal: AbortSignal.timeout(60_000) });
    expect(said).toBe(
      "PULSE_CASSANDRA_LOCAL_DC: Expected one of the data centres datacenter1 that the nodes name, got dc9\n",
    );
    expect(code).toBe(2);
  });

  it("says why no node answers", async () => {
    const changes = { PULSE_CASSANDRA_CONTACT_POINTS: "127.0.0.1:1" };
    await expect(command("verify").run(changes)).rejects.toThrow(/^No Cassandra node answers \(.*ECONNREFUSED/);
  });

  it("waits for a Cassandra that is about to start, with --wait", async () => {
    const [contactPoint = ""] = testSettings().contactPoints ?? [];
    const proxy = await openNodeProxy(contactPoint);
    await proxy.cut();
    const applied = command("apply", "--wait");
    const code = applied.run({
      PULSE_CASSANDRA_KEYSPACE: newKeyspace(),
      PULSE_CASSANDRA_CONTACT_POINTS: proxy.address,
    });
    await vi.waitFor(() => expect(applied.said.join()).toContain("No Cassandra node answers"));
    await proxy.open();
    expect(await code).toBe(0);
  });

  it("is printed as CQL without a node", async () => {
    const printed = command("print");
    expect(await printed.run({ PULSE_CASSANDRA_REPLICATION: "eu:3,us:2", PULSE_RETENTION_DAYS: "60" })).toBe(0);
    expect(printed.said.join()).toContain("{'class': 'NetworkTopologyStrategy', 'eu': '3', 'us': '2'}");
    expect(printed.said.join()).toContain("default_time_to_live = 5184000");
    expect(printed.said.join()).not.toContain("{{");
  });

  it("is explained, even after a wrong call", async () => {
    expect(await command("--help").run()).toBe(0);
    const wrong = command("drop");
    expect(await wrong.run()).toBe(2);
    expect(wrong.said.join()).toMatch(/Expected apply, verify or print, got "drop"[\s\S]*Usage/);
  });
});
