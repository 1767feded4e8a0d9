import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { DAY_MS } from "../../events/time.ts";
import { runBackupCommand } from "../backup-cli.ts";
import { START, seriesOf } from "../testing/pulses.ts";
import { scanChunks, store } from "../testing/read-back.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { backUp } from "./backup.ts";
import { copyDatabase } from "./copy.ts";
import { openSqlitePulseStore } from "./pulse-store.ts";

const CLI = fileURLToPath(new URL("../backup-cli.ts", import.meta.url));
const STORE = new URL("pulse-store.ts", import.meta.url).href;

function optionsOf(folder: string) {
  return { file: join(folder, "pulses.db"), maxBytes: 1e9, retentionMs: 30 * DAY_MS };
}

/** A data folder with pulses of "filler" of some 20 MB: several steps of a copy. */
async function openFolder(count = 5_000): Promise<string> {
  const folder = temporaryFolder();
  const filled = openSqlitePulseStore(optionsOf(folder));
  const metadata = { text: "x".repeat(3500) };
  await store(
    filled,
    seriesOf("filler", count, 1).map((pulse) => ({ ...pulse, metadata })),
  );
  await filled.close();
  return folder;
}

async function idsIn(folder: string, service: string): Promise<Set<string>> {
  const restored = openSqlitePulseStore(optionsOf(folder));
  const ids = new Set((await scanChunks(restored, service)).flat().map(({ id }) => id));
  await restored.close();
  return ids;
}

/** A process that writes without a pause; `acknowledged` grows with the ids that it has the store's answer for. */
async function startWriter(folder: string): Promise<{ acknowledged: string[] }> {
  const script = `
    import { writeSync } from "node:fs";
    import { openSqlitePulseStore } from ${JSON.stringify(STORE)};
    const store = openSqlitePulseStore(${JSON.stringify(optionsOf(folder))});
    for (let turn = 0; ; turn++) {
      const pulse = { service_name: "checkout", event_time: ${START} + turn, latency_ms: 1, status: "ok", id: String(turn), source: "/pulse" };
      if ((await store.write([pulse])).kind === "stored") writeSync(1, turn + "\\n");
    }`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exit = once(child, "exit");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exit;
  });
  const acknowledged: string[] = [];
  createInterface({ input: child.stdout }).on("line", (id) => acknowledged.push(id));
  await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(50));
  return { acknowledged };
}

function startCommand(args: readonly string[], env: Record<string, string>) {
  const child: ChildProcess = spawn(process.execPath, [CLI, ...args], { env: { ...process.env, ...env } });
  const output = Promise.all([text(child.stdout as never), text(child.stderr as never)]);
  const ended = once(child, "close").then(async ([code]) => ({ code, output: (await output).join("") }));
  return { child, ended };
}

/** Holds the folder's broker.db as a running broker does, and answers at its port. Gives the command's environment. */
async function holdBroker(folder: string, answer: RequestListener): Promise<Record<string, string>> {
  const lock = new DatabaseSync(join(folder, "broker.db"));
  lock.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; CREATE TABLE held (id)");
  const server = createServer(answer).listen(0, "localhost");
  await once(server, "listening");
  onTestFinished(() => {
    lock.close();
    server.closeAllConnections();
    server.close();
  });
  return { PULSE_DATA_DIR: folder, PULSE_LOCAL_BROKER_PORT: String((server.address() as AddressInfo).port) };
}

/** Runs the command in this process. */
async function run(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const lines: string[] = [];
  const write = (line: string) => lines.push(line);
  const signal = new AbortController().signal;
  return { code: await runBackupCommand(args, { env, say: write, complain: write, signal }), output: lines.join("\n") };
}

describe("a backup beside a process that writes", () => {
  it("has every pulse that was stored before it began, in files that only their owner can read", async () => {
    const folder = await openFolder();
    const { acknowledged } = await startWriter(folder);
    const to = join(temporaryFolder(), "deeper", "monday");
    const before = [...acknowledged];
    const { code, output } = await startCommand(["--to", to], { PULSE_DATA_DIR: folder }).ended;
    expect([code, output]).toEqual([0, expect.stringMatching(/monday: pulses\.db \d+\.\d MB\n$/)]);
    // On a busy machine the other process may stand still just then.
    await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(before.length));
    expect(readdirSync(to)).toEqual(["pulses.db"]);
    expect(statSync(to).mode & 0o777).toBe(0o700);
    expect(statSync(join(to, "pulses.db")).mode & 0o777).toBe(0o600);
    const ids = await idsIn(to, "checkout");
    expect(before.filter((id) => !ids.has(id))).toEqual([]);
    expect((await idsIn(to, "filler")).size).toBe(5_000);
  });

  it("does not start over when the other process commits, and copies one state", async () => {
    const folder = await openFolder();
    await startWriter(folder);
    const shares: number[] = [];
    const to = join(folder, "copy.db");
    await copyDatabase(optionsOf(folder).file, to, {
      onProgress: (share) => shares.push(share),
    });
    expect(shares.length).toBeGreaterThan(3);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    const copy = new DatabaseSync(to, { readOnly: true });
    expect(copy.prepare("PRAGMA integrity_check").get()?.integrity_check).toBe("ok");
    // A file that needs no log can be read where nothing can be written.
    expect(copy.prepare("PRAGMA journal_mode").get()?.journal_mode).toBe("delete");
    copy.close();
  });
});

describe("a backup that cannot be made", () => {
  it("refuses a folder or file that exists, and leaves it as it was", async () => {
    const folder = await openFolder(10);
    const to = join(folder, "there");
    mkdirSync(to);
    expect(await run(["--to", to], { PULSE_DATA_DIR: folder })).toEqual({
      code: 2,
      output: `Expected --to to name a new folder, got ${to}, which exists: name another`,
    });
    writeFileSync(join(folder, "file"), "a diary");
    expect((await run(["--to", join(folder, "file")], { PULSE_DATA_DIR: folder })).code).toBe(2);
    expect(readdirSync(to)).toEqual([]);
  });

  it("says that another one is under way or was killed", async () => {
    const folder = await openFolder(10);
    mkdirSync(join(folder, "monday.unfinished"));
    const { code, output } = await run(["--to", join(folder, "monday")], { PULSE_DATA_DIR: folder });
    expect([code, output]).toEqual([1, expect.stringMatching(/monday\.unfinished, got one: .* delete it$/)]);
    expect(existsSync(join(folder, "monday.unfinished"))).toBe(true);
  });

  it("names the folder without a store, and makes no file in it", async () => {
    const folder = temporaryFolder();
    const { code, output } = await run(["--to", join(folder, "monday")], { PULSE_DATA_DIR: folder });
    expect([code, output]).toEqual([
      1,
      `Expected pulses.db in ${folder}, got none: set PULSE_DATA_DIR to the folder where PulseMesh keeps its SQLite files`,
    ]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("leaves nothing behind when a file is not SQLite's", async () => {
    const folder = await openFolder(10);
    writeFileSync(join(folder, "dead-letters.db"), "a diary, and not a short one".repeat(50));
    const { code, output } = await run(["--to", join(folder, "monday")], { PULSE_DATA_DIR: folder });
    expect([code, output]).toEqual([
      1,
      expect.stringMatching(/Expected to copy .*dead-letters\.db .* got "file is not/),
    ]);
    expect(readdirSync(folder).sort()).toEqual(["dead-letters.db", "pulses.db"]);
  });

  it("says for Cassandra what to do, and does nothing", async () => {
    const env = { PULSE_CASSANDRA_CONTACT_POINTS: "localhost" };
    const { code, output } = await run(["--to", "monday"], env);
    expect([code, output]).toEqual([2, expect.stringMatching(/nodetool snapshot .* docs\/deploy\.md/)]);
  });

  it.each([
    [[], "Expected --to FOLDER, got none"],
    [["monday"], "Unexpected argument 'monday'"],
    [["--into", "monday"], "Unknown option '--into'"],
  ])("refuses the arguments %j", async (args, message) => {
    const { code, output } = await run(args);
    expect([code, output]).toEqual([2, expect.stringContaining(message)]);
  });

  it("prints its help", async () => {
    expect(await run(["--help"])).toEqual({ code: 0, output: expect.stringContaining("--to FOLDER") });
  });
});

describe("a backup that is stopped", () => {
  it("leaves nothing behind, in the middle of a file", async () => {
    const folder = await openFolder();
    const stop = new AbortController();
    const to = join(folder, "monday");
    const shares: number[] = [];
    const onProgress = (_: string, share: number) => {
      shares.push(share);
      stop.abort();
    };
    const made = backUp({ dataDir: folder, to, brokerUrl: "http://localhost:1", signal: stop.signal, onProgress });
    await expect(made).rejects.toMatchObject({ name: "AbortError" });
    expect(shares).toHaveLength(1);
    expect(readdirSync(folder)).toEqual(["pulses.db"]);
  });

  it("by Ctrl-C ends with 130, while it waits for the broker", async () => {
    const folder = await openFolder(10);
    const asked = Promise.withResolvers<void>();
    const env = await holdBroker(folder, () => asked.resolve());
    const { child, ended } = startCommand(["--to", join(folder, "monday")], env);
    await asked.promise;
    child.kill("SIGINT");
    expect(await ended).toEqual({ code: 130, output: "stopped: there is no backup\n" });
    expect(readdirSync(folder).filter((name) => name.startsWith("monday"))).toEqual([]);
  });

  it("names the port when the broker that has the file does not answer", async () => {
    const folder = await openFolder(10);
    const env = { ...(await holdBroker(folder, () => {})), PULSE_LOCAL_BROKER_PORT: "1" };
    const { code, output } = await run(["--to", join(folder, "monday")], env);
    expect([code, output]).toEqual([1, expect.stringMatching(/Expected the broker at .* set PULSE_LOCAL_BROKER_PORT/)]);
    expect(readdirSync(folder).filter((name) => name.startsWith("monday"))).toEqual([]);
  });

  it("shows the beginning of what another program says at the broker's port, and nothing that a terminal obeys", async () => {
    const folder = await openFolder(10);
    // It never ends its answer.
    const env = await holdBroker(folder, (_, answer) => answer.write(`\u001b[2J\nhello ${"x".repeat(5000)}`));
    const { code, output } = await run(["--to", join(folder, "monday")], env);
    expect([code, output]).toEqual([1, expect.stringContaining(", got 200 \\u001b[2J\\nhello xxx")]);
    expect(output).not.toContain("\u001b");
    expect(output.length).toBeLessThan(2000);
  });
});
