// The commands of docs/guarantees.md, run as they stand: a backup beside writers, and a platform that runs on what it restores.
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, it, onTestFinished, vi } from "vitest";
import { codeBlocksOf, readDocument } from "./documents.ts";
import { type Platform, startPlatform } from "./platform.ts";
import { readAll } from "./read-back.ts";

const [BACKUP = "", RESTORE = ""] = codeBlocksOf(readDocument("docs/guarantees.md"), "sh");
const folder = mkdtempSync(join(tmpdir(), "pulsemesh-backup-"));
const checkout = join(folder, "checkout");
const dataDir = join(checkout, ".pulsemesh");

async function start(): Promise<Platform> {
  const platform = await startPlatform({}, dataDir);
  onTestFinished(() => platform.dispose());
  return platform;
}

async function send({ ingest }: Platform, id: string): Promise<boolean> {
  const body = JSON.stringify({ service_name: "checkout", latency_ms: 12.5, status: "ok", id });
  const headers = { "content-type": "application/json" };
  return (await fetch(`${ingest}/pulse`, { method: "POST", headers, body })).status === 202;
}

/** Sends until the test ends it; `accepted` grows with the ids that were answered 202. */
function startSender(platform: Platform) {
  const accepted: string[] = [];
  let isEnding = false;
  const loop = async () => {
    for (let turn = 0; !isEnding; turn++) if (await send(platform, `p${turn}`)) accepted.push(`p${turn}`);
  };
  const ended = loop();
  const end = () => {
    isEnding = true;
    return ended;
  };
  return { accepted, end };
}

function runInCheckout(block: string, env: Record<string, string> = {}) {
  const script = block.replace("npm run backup --", `'${process.execPath}' '${resolve("storage/backup-cli.ts")}'`);
  return promisify(execFile)("bash", ["-euc", script], { cwd: checkout, env: { ...process.env, ...env } });
}

it("a restored backup has every pulse that was accepted before it began, stored or still with the broker", async () => {
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const platform = await start();
  const sender = startSender(platform);
  await vi.waitFor(() => expect(sender.accepted.length).toBeGreaterThan(50));
  const persist = platform.pids.get("pulse-persist") as number;
  process.kill(persist, "SIGSTOP");
  const stored = sender.accepted.length;
  await vi.waitFor(() => expect(sender.accepted.length).toBeGreaterThan(stored + 50));

  const before = [...sender.accepted];
  const port = new URL(platform.broker).port;
  await runInCheckout(BACKUP, { PULSE_DATA_DIR: dataDir, PULSE_LOCAL_BROKER_PORT: port });
  expect(sender.accepted.length).toBeGreaterThan(before.length);
  process.kill(persist, "SIGCONT");
  await sender.end();
  expect(await send(platform, "after")).toBe(true);
  await platform.stop();
  expect(readdirSync(join(folder, "pulses-monday")).sort()).toEqual(["broker.db", "dead-letters.db", "pulses.db"]);
  expect(readdirSync(dataDir).filter((name) => name.endsWith(".copy"))).toEqual([]);

  await runInCheckout(RESTORE);
  const restored = await start();
  await vi.waitFor(async () => {
    const ids = new Set((await readAll(restored, "checkout")).map(({ id }) => id));
    expect(before.filter((id) => !ids.has(id))).toEqual([]);
    expect(ids.has("after")).toBe(false);
  });
});
