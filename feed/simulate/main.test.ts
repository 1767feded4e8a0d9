import { describe, expect, it, onTestFinished, vi } from "vitest";
import { startCommand } from "../testing/command-process.ts";
import { problemAnswer, startIngestPeer } from "../testing/ingest.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { runSimulate } from "./command.ts";
import { SIMULATE_HELP } from "./options.ts";

async function setUp() {
  const peer = await startIngestPeer();
  onTestFinished(() => peer.close());
  const run = async (...args: string[]) => {
    const output = { stdout: "", stderr: "" };
    const screen = (name: keyof typeof output) => ({
      write: (text: string) => {
        output[name] += text;
      },
    });
    const io = { env: {}, stdout: screen("stdout"), stderr: screen("stderr"), stop: new AbortController() };
    return { code: await runSimulate(["--url", peer.url.href, ...args], io), ...output };
  };
  return { peer, run };
}

describe("simulate", () => {
  it("sends the past of a fleet, the same whenever it is told again", async () => {
    const { peer, run } = await setUp();
    const args = ["--once", "--since", "6h", "--backfill-rate", "1", "--services", "5"];
    const { code, stdout, stderr } = await run(...args);
    expect(code).toBe(0);
    const count = peer.pulses.size;
    expect(count).toBeGreaterThan(6 * 3600 * 0.35);
    expect(peer.taken).toBe(count);
    expect(new Set([...peer.pulses.values()].map((pulse) => pulse.service_name)).size).toBe(5);
    expect(stdout).toMatch(new RegExp(`^${count} pulses accepted in`));
    expect(stderr).toMatch(/^5 services; payments has an incident at \d\d:\d\d UTC every day\.$/m);
    await run(...args);
    // The second run began, and ended, a little later.
    expect(peer.taken).toBeGreaterThan(count * 1.9);
    expect(peer.pulses.size).toBeLessThan(count * 1.1);
  });

  it("goes on live until Ctrl-C", async () => {
    const { peer } = await setUp();
    const startedAt = Date.now();
    const child = startCommand("simulate", ["--url", peer.url.href, "--since", "0", "--rate", "500"], {
      cwd: temporaryFolder(),
    });
    await vi.waitFor(() => expect(peer.pulses.size).toBeGreaterThan(100));
    child.process.kill("SIGINT");
    expect(await child.ended).toBe(130);
    expect(child.output.stdout).toMatch(new RegExp(`^${peer.taken} pulses accepted`));
    for (const pulse of peer.pulses.values()) expect(pulse.event_time).toBeGreaterThanOrEqual(startedAt);
    expect(peer.pulses.size).toBe(peer.taken);
  });

  it("stops with the reason when it is refused", async () => {
    const { peer, run } = await setUp();
    peer.misbehave = () => problemAnswer(401, "Expected Authorization: Bearer with a known token.");
    const { code, stdout, stderr } = await run("--since", "1h");
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringMatching(/^0 pulses accepted/) });
    expect(stderr).toMatch(/answered 401: Expected Authorization.* --token-file/);
  });

  it("says what to do when less is kept than it plays", async () => {
    const peer = await startIngestPeer({ retentionMs: 1000 });
    onTestFinished(() => peer.close());
    const { run } = await setUp();
    const { code, stderr } = await run("--url", peer.url.href, "--since", "1h");
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/the fleet: \/event_time: .* Begin later with --since/),
    });
  });

  it("goes on live after the past, through a server that is away for a moment", async () => {
    const { peer, run } = await setUp();
    peer.misbehave = (request) =>
      request === 1 ? problemAnswer(403, "enough") : request === 0 ? "cut-after" : undefined;
    const { code, stderr } = await run("--since", "0", "--rate", "200");
    expect(code).toBe(1);
    expect(stderr).toMatch(/Live, 200 pulses a second: Ctrl-C stops it\.\n.*the connection broke.*trying again/);
    expect(stderr).toMatch(/answered 403: enough/);
  });

  it("explains itself", async () => {
    const { run } = await setUp();
    expect(await run("--help")).toEqual({ code: 0, stdout: SIMULATE_HELP, stderr: "" });
    expect(await run("--since", "soon")).toMatchObject({ code: 2, stderr: expect.stringMatching(/^Expected --since/) });
  });
});
