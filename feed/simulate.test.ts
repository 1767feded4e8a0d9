import { describe, expect, it, onTestFinished, vi } from "vitest";
import { startCommand } from "./child.ts";
import { problemAnswer, startIngestPeer } from "./ingest-peer.ts";
import { temporaryFolder } from "./temporary-folder.ts";

async function setUp() {
  const peer = await startIngestPeer();
  onTestFinished(() => peer.close());
  const cwd = temporaryFolder();
  const start = (...args: string[]) => startCommand("simulate", ["--url", peer.url.href, ...args], { cwd });
  return { peer, start };
}

describe("simulate", () => {
  it("sends the past of a fleet, the same whenever it is told again", async () => {
    const { peer, start } = await setUp();
    const args = ["--once", "--since", "6h", "--backfill-rate", "1", "--services", "5"];
    const first = start(...args);
    expect(await first.ended).toBe(0);
    const count = peer.pulses.size;
    expect(count).toBeGreaterThan(6 * 3600 * 0.35);
    expect(peer.taken).toBe(count);
    expect(new Set([...peer.pulses.values()].map((pulse) => pulse.service_name)).size).toBe(5);
    expect(first.output.stdout).toMatch(new RegExp(`^${count} pulses accepted in`));
    expect(first.output.stderr).toMatch(/^5 services; payments has an incident at \d\d:\d\d UTC every day\.$/m);
    await start(...args).ended;
    // The second run began, and ended, a little later.
    expect(peer.taken).toBeGreaterThan(count * 1.9);
    expect(peer.pulses.size).toBeLessThan(count * 1.1);
  });

  it("goes on live until Ctrl-C", async () => {
    const { peer, start } = await setUp();
    const startedAt = Date.now();
    const child = start("--since", "0", "--rate", "500");
    await vi.waitFor(() => expect(peer.pulses.size).toBeGreaterThan(100), 20_000);
    child.process.kill("SIGINT");
    expect(await child.ended).toBe(130);
    expect(child.output.stdout).toMatch(new RegExp(`^${peer.taken} pulses accepted`));
    for (const pulse of peer.pulses.values()) expect(pulse.event_time).toBeGreaterThanOrEqual(startedAt);
    expect(peer.pulses.size).toBe(peer.taken);
  });

  it("stops with the reason when it is refused", async () => {
    const { peer, start } = await setUp();
    peer.misbehave = () => problemAnswer(401, "Expected Authorization: Bearer with a known token.");
    const child = start("--since", "1h");
    expect(await child.ended).toBe(1);
    expect(child.output.stderr).toMatch(/answered 401: Expected Authorization.* --token-file/);
  });

  it("explains itself", async () => {
    const { start } = await setUp();
    const help = start("--help");
    const wrong = start("--since", "soon");
    expect([await help.ended, await wrong.ended]).toEqual([0, 2]);
    expect(help.output.stdout).toMatch(/--incident SERVICE/);
    expect(wrong.output.stderr).toMatch(/^Expected --since/);
  });
});
