import { describe, expect, it, vi } from "vitest";
import { runCommand, startCommand } from "../testing/command.ts";
import { problemAnswer, startIngest } from "../testing/ingest.ts";
import { openTemporaryFolder } from "../testing/temporary-folder.ts";
import { runSimulate } from "./command.ts";
import { SIMULATE_HELP } from "./options.ts";

async function openSimulateCommand() {
  const ingest = await startIngest();
  const run = (...args: string[]) =>
    runCommand((io) => runSimulate(["--url", ingest.url.href, ...args], { ...io, env: {} }));
  return { ingest, run };
}

describe("simulate", () => {
  it("sends the past of a fleet, and the same pulses when it runs again", async () => {
    const { ingest, run } = await openSimulateCommand();
    const args = ["--once", "--since", "6h", "--backfill-rate", "1", "--services", "5"];
    const { code, stdout, stderr } = await run(...args);
    expect(code).toBe(0);
    const count = ingest.pulses.size;
    expect(count).toBeGreaterThan(6 * 3600 * 0.35);
    expect(ingest.taken).toBe(count);
    expect(new Set([...ingest.pulses.values()].map((pulse) => pulse.service_name)).size).toBe(5);
    expect(stdout).toMatch(new RegExp(`^${count} pulses accepted in`));
    expect(stderr).toMatch(/^5 services; payments has an incident at \d\d:\d\d UTC every day\.$/m);
    await run(...args);
    // The second run began, and ended, a little later.
    expect(ingest.taken).toBeGreaterThan(count * 1.9);
    expect(ingest.pulses.size).toBeLessThan(count * 1.1);
  });

  it("goes on live until Ctrl-C", async () => {
    const { ingest } = await openSimulateCommand();
    const startedAt = Date.now();
    const child = startCommand("simulate", ["--url", ingest.url.href, "--since", "0", "--rate", "500"], {
      cwd: openTemporaryFolder(),
    });
    await vi.waitFor(() => expect(ingest.pulses.size).toBeGreaterThan(100));
    child.process.kill("SIGINT");
    expect(await child.ended).toBe(130);
    expect(child.output.stdout).toMatch(new RegExp(`^${ingest.taken} pulses accepted`));
    for (const pulse of ingest.pulses.values()) expect(pulse.event_time).toBeGreaterThanOrEqual(startedAt);
    expect(ingest.pulses.size).toBe(ingest.taken);
  });

  it("stops with the reason when it is refused", async () => {
    const { ingest, run } = await openSimulateCommand();
    ingest.misbehave = () => problemAnswer(401, "Expected Authorization: Bearer with a known token.");
    const { code, stdout, stderr } = await run("--since", "1h");
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringMatching(/^0 pulses accepted/) });
    expect(stderr).toMatch(/answered 401: Expected Authorization.* --token-file/);
  });

  it("says what to do when its requests are too large, with what it has", async () => {
    const { ingest, run } = await openSimulateCommand();
    ingest.misbehave = () => problemAnswer(413, "The body is too large.");
    const { code, stderr } = await run("--since", "1h");
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/large\. Set PULSE_MAX_PULSES and/) });
    expect(stderr).not.toContain("--batch");
  });

  it("finds this machine under a name that ends in .localhost", async () => {
    const { ingest, run } = await openSimulateCommand();
    const url = `http://pulse-ingest.default.localhost:${ingest.url.port}/pulse`;
    expect(await run("--once", "--since", "1m", "--url", url, "--retry-for", "1")).toMatchObject({ code: 0 });
    expect(ingest.taken).toBeGreaterThan(0);
  });

  it("says what to do when less is kept than it plays", async () => {
    const ingest = await startIngest({ retentionMs: 1000 });
    const { run } = await openSimulateCommand();
    const { code, stderr } = await run("--url", ingest.url.href, "--since", "1h");
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/the fleet: \/event_time: .* Begin later with --since/),
    });
  });

  it("goes on live after the past, through a server that is away for a moment", async () => {
    const { ingest, run } = await openSimulateCommand();
    ingest.misbehave = (request) =>
      request === 1 ? problemAnswer(403, "enough") : request === 0 ? "cut-after" : undefined;
    const { code, stderr } = await run("--since", "0", "--rate", "200");
    expect(code).toBe(1);
    expect(stderr).toMatch(/Live, 200 pulses a second: Ctrl-C stops it\.\n.*the connection broke.*trying again/);
    expect(stderr).toMatch(/answered 403: enough/);
  });

  it("explains itself", async () => {
    const { run } = await openSimulateCommand();
    expect(await run("--help")).toEqual({ code: 0, stdout: SIMULATE_HELP, stderr: "" });
    expect(await run("--since", "soon")).toMatchObject({ code: 2, stderr: expect.stringMatching(/^Expected --since/) });
  });
});
