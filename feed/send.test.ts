// The command as a user runs it: a process of its own, against a server on a real socket.
import { createWriteStream, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { startCommand } from "./child.ts";
import { type IngestPeer, problemAnswer, startIngestPeer } from "./ingest-peer.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const SAMPLES = fileURLToPath(new URL("../events/samples/", import.meta.url));
const FAST = "--as-fast-as-possible";

async function setUp() {
  const peer = await startIngestPeer();
  onTestFinished(() => peer.close());
  const cwd = temporaryFolder();
  const start = (args: string[], nodeFlags: string[] = []) =>
    startCommand("send", ["--url", peer.url.href, ...args], { cwd, nodeFlags });
  const run = async (args: string[]) => {
    const child = start(args);
    child.process.stdin?.end();
    return { code: await child.ended, ...child.output };
  };
  const write = (name: string, text: string) => {
    writeFileSync(join(cwd, name), text);
    return name;
  };
  return { peer, cwd, start, run, write };
}

/** A CSV file of measurements a second apart, the last of them `endMs`. */
function csvOf(count: number, endMs: number): string {
  const rows = Array.from({ length: count }, (_, i) => `${endMs - (count - 1 - i) * 1000},${i % 100}.5`);
  return `timestamp,value\n${rows.join("\n")}\n`;
}

function linesIn(peer: IngestPeer): number[] {
  return [...peer.pulses.keys()].map((id) => Number(/:(\d+)$/.exec(id)?.[1])).sort((a, b) => a - b);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

describe("send", () => {
  it("sends a CSV file, every line once, and says so", async () => {
    const { peer, run, write } = await setUp();
    write("latency.csv", csvOf(1200, Date.now()));
    const { code, stdout, stderr } = await run(["--file", "latency.csv", "--service", "checkout", FAST]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/lines read +1200\npulses accepted +1200\nlines refused +0\nrequests +3\n/);
    expect(linesIn(peer)).toEqual(range(2, 1201));
    expect([...peer.pulses.values()][0]).toMatchObject({ service_name: "checkout", status: "ok", latency_ms: 0.5 });
  });

  it("sends the same pulses again with --restart, with the same ids, and nothing without", async () => {
    const { peer, run, write } = await setUp();
    write("latency.csv", csvOf(10, Date.now()));
    const args = ["--file", "latency.csv", "--service", "checkout", FAST];
    await run(args);
    const { code, stderr } = await run(args);
    expect({ code, taken: peer.taken }).toEqual({ code: 0, taken: 10 });
    expect(stderr).toMatch(/was sent before: 10 pulses\. Send it again with --restart\./);
    await run([...args, "--restart"]);
    expect({ taken: peer.taken, ids: peer.pulses.size }).toEqual({ taken: 20, ids: 10 });
  });

  it("goes on with a finished file that has grown", async () => {
    const { peer, cwd, run, write } = await setUp();
    write("latency.csv", csvOf(10, Date.now()));
    const args = ["--file", "latency.csv", "--service", "checkout", FAST];
    await run(args);
    await appendFile(join(cwd, "latency.csv"), `${Date.now()},7\n`);
    const { stdout, stderr } = await run(args);
    expect(stderr).toMatch(/Going on after line 11; 10 pulses were accepted before/);
    expect(stdout).toMatch(/pulses accepted +1\n/);
    expect(linesIn(peer)).toEqual(range(2, 12));
  });

  it("does not go on with another file under the same name", async () => {
    const { run, write } = await setUp();
    const args = ["--file", "latency.csv", "--service", "checkout", FAST];
    write("latency.csv", csvOf(10, Date.now()));
    await run(args);
    write("latency.csv", csvOf(10, Date.now() - 5000));
    const { code, stderr } = await run(args);
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringMatching(/Begin anew with --restart/) });
    expect((await run([...args, "--restart"])).code).toBe(0);
  });

  it("shifts old measurements so that the last is now, and keeps the shift for the rest of the file", async () => {
    const { peer, cwd, run } = await setUp();
    const file = fileURLToPath(new URL("../test/data/ec2-request-latency.csv", import.meta.url));
    const args = ["--file", file, "--service", "ec2", "--shift-to-now", FAST, "--concurrency", "1"];
    peer.misbehave = (request) => (request === 4 ? problemAnswer(403, "no more for now") : undefined);
    const startedAt = Date.now();
    const first = await run(args);
    expect(first).toMatchObject({ code: 1, stderr: expect.stringContaining("403: no more for now") });
    expect(peer.pulses.size).toBe(2000);
    const second = await run(args);
    expect(second).toMatchObject({ code: 0, stderr: expect.stringContaining("Going on after line 2001") });
    const times = [...peer.pulses.values()].map((pulse) => pulse.event_time);
    const last = Math.max(...times);
    expect(peer.pulses.size).toBe(4032);
    expect(last).toBeGreaterThanOrEqual(startedAt);
    expect(last).toBeLessThanOrEqual(Date.now());
    const states = readdirSync(join(cwd, ".pulsemesh/send"));
    expect(states).toHaveLength(1);
    expect(JSON.parse(readFileSync(join(cwd, ".pulsemesh/send", states[0] ?? ""), "utf8"))).toMatchObject({
      accepted: 4032,
      isFinished: true,
      shiftMs: last - Date.parse("2014-03-21T03:41:00Z"),
    });
  });

  it("says what to do about measurements that are too old", async () => {
    const { peer, run } = await setUp();
    const file = fileURLToPath(new URL("../test/data/ec2-request-latency.csv", import.meta.url));
    const { code, stderr } = await run(["--file", file, "--service", "ec2"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /line 2: \/event_time: Expected a time .* 30 days old .*--shift-to-now, which makes the last one now/,
    );
    expect(peer.pulses.size).toBe(0);
  });

  it("reports bad lines, passes them over and sends the rest", async () => {
    const { peer, run, write } = await setUp();
    const bad = [...Array(30).keys()].map((i) => `bad ${i}\n`).join("");
    write(
      "mixed.ndjson",
      `{"latency_ms":1,"status":"ok"}\n\n${bad}{"latency_ms":2,"status":"ok"}\n{"latency_ms":-2,"status":"ok"}`,
    );
    const { code, stdout, stderr } = await run(["--file", "mixed.ndjson", "--service", "checkout"]);
    expect(code).toBe(3);
    expect(stdout).toMatch(/lines read +33\npulses accepted +2\nlines refused +31\n/);
    expect(stderr).toMatch(/mixed\.ndjson, line 3: Expected a pulse as one line of JSON\n/);
    expect(stderr.split("\n")).toHaveLength(22);
    expect(linesIn(peer)).toEqual([1, 33]);
    expect(peer.pulses.values().next().value).toMatchObject({ is_time_of_arrival: true });
  });

  it("stops at the first bad line when it is strict", async () => {
    const { peer, run, write } = await setUp();
    write("mixed.ndjson", `{"latency_ms":1,"status":"ok"}\nbad\n{"latency_ms":2,"status":"ok"}\n`);
    const { code, stderr } = await run(["--file", "mixed.ndjson", "--service", "checkout", "--strict"]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/line 2: Expected a pulse as one line of JSON/),
    });
    expect(linesIn(peer)).not.toContain(3);
  });

  it("sends pulses from standard input as they come, and dates them", async () => {
    const { peer, start } = await setUp();
    const child = start(["--service", "checkout"]);
    const startedAt = Date.now();
    child.process.stdin?.write('{"latency_ms":1,"status":"ok"}\n');
    await vi.waitFor(() => expect(peer.pulses.size).toBe(1), 20_000);
    child.process.stdin?.end('{"latency_ms":2,"status":"ok","id":"own"}');
    expect(await child.ended).toBe(0);
    const [first, second] = [...peer.pulses.values()];
    expect(first?.id).toMatch(/^stdin-[0-9a-f-]{36}:1$/);
    expect(first?.event_time).toBeGreaterThanOrEqual(startedAt);
    expect(first).not.toHaveProperty("is_time_of_arrival");
    expect(second?.id).toBe("own");
  });

  it("reads CSV from standard input, and says when its header is missing", async () => {
    const { peer, start } = await setUp();
    const args = ["--format", "csv", "--service", "checkout"];
    const good = start(args);
    good.process.stdin?.end(csvOf(5, Date.now()));
    expect(await good.ended).toBe(0);
    expect(peer.pulses.size).toBe(5);
    const bad = start(args);
    bad.process.stdin?.end(`${Date.now()},5\n`);
    expect(await bad.ended).toBe(1);
    expect(bad.output.stderr).toMatch(
      /standard input: Expected the first line to be a header .* add "timestamp,value"/,
    );
  });

  it("checks everything and sends nothing with --dry-run", async () => {
    const { peer, cwd, run } = await setUp();
    const { code, stdout } = await run(["--file", join(SAMPLES, "pulses.ndjson"), "--dry-run"]);
    expect({ code, requests: peer.requests, files: readdirSync(cwd) }).toEqual({ code: 0, requests: [], files: [] });
    expect(stdout).toMatch(/^\{"service_name":"checkout",.*\}\n\{.*\}\n\{.*\}\nlines read +3\n/);
  });

  it("keeps to its rate", async () => {
    const { peer, run, write } = await setUp();
    write("latency.csv", csvOf(60, Date.now()));
    const { stdout } = await run(["--file", "latency.csv", "--service", "checkout", "--rate", "50"]);
    expect(Number(/seconds +([\d.]+)/.exec(stdout)?.[1])).toBeGreaterThanOrEqual(1);
    expect(peer.requests).toEqual(Array(12).fill(5));
  });

  it("asks for what it needs and explains itself", async () => {
    const { run } = await setUp();
    expect(await run(["--help"])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/--shift-to-now/),
      stderr: "",
    });
    expect(await run(["--rate", "x"])).toMatchObject({ code: 2, stderr: expect.stringMatching(/^Expected --rate/) });
    expect(await run(["--file", "none.csv"])).toMatchObject({ code: 2, stdout: "" });
  });
});

describe("send, when it is interrupted", () => {
  async function setUpLong() {
    const setting = await setUp();
    setting.write("latency.csv", csvOf(3000, Date.now()));
    const args = ["--file", "latency.csv", "--service", "checkout", "--batch", "10"];
    /** From a request on the server answers no more: however busy the machine, the command does not get to its end. */
    const answerUntil = (last: number) => {
      setting.peer.misbehave = (request) => (request > last ? new Promise(() => undefined) : undefined);
    };
    return { ...setting, args, answerUntil };
  }

  it("stops cleanly on SIGINT and goes on with the next line", async () => {
    const { peer, start, run, args } = await setUpLong();
    const child = start([...args, "--rate", "500"]);
    await vi.waitFor(() => expect(peer.pulses.size).toBeGreaterThan(100), 20_000);
    child.process.kill("SIGINT");
    expect(await child.ended).toBe(130);
    const before = peer.taken;
    expect(before).toBeLessThan(3000);
    expect(child.output.stdout).toMatch(new RegExp(`pulses accepted +${before}\n`));
    const { code, stderr } = await run([...args, FAST]);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining(`Going on after line ${before + 1};`),
    });
    expect(linesIn(peer)).toEqual(range(2, 3001));
    expect(peer.taken).toBe(3000);
  });

  it("sends every line at least once, with the same ids, after kill -9", async () => {
    const { peer, start, run, args, answerUntil } = await setUpLong();
    answerUntil(250);
    for (const count of [150, 600]) {
      const child = start([...args, "--rate", "1500", "--concurrency", "8"]);
      await vi.waitFor(() => expect(peer.pulses.size).toBeGreaterThan(count), 20_000);
      child.process.kill("SIGKILL");
      expect(await child.ended).toBe("SIGKILL");
    }
    expect(peer.pulses.size).toBeLessThan(3000);
    answerUntil(Number.POSITIVE_INFINITY);
    const { code, stderr } = await run([...args, FAST]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/Going on after line \d+/) });
    expect(linesIn(peer)).toEqual(range(2, 3001));
    expect(new Set([...peer.pulses.keys()].map((id) => id.split(":")[0])).size).toBe(1);
  });

  it("outlives a server that is away, overloaded and cutting connections", async () => {
    const { peer, run, args } = await setUpLong();
    const answers = [
      "cut",
      "cut-after",
      problemAnswer(429, "full", { "retry-after": "0" }),
      problemAnswer(503, "away"),
    ] as const;
    peer.misbehave = (request) => (request % 15 === 0 ? answers[(request / 15) % 4] : undefined);
    const { code, stdout } = await run([...args, "--batch", "50", FAST]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/pulses accepted +3000\n.*\nrequests +60 \(and \d+ tries again\)/);
    expect(linesIn(peer)).toEqual(range(2, 3001));
  });

  it("gives up with what to do when nothing is accepted", async () => {
    const { peer, run, args } = await setUpLong();
    await peer.close();
    const { code, stderr } = await run([...args, "--retry-for", "0.2"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /took nothing: the connection was refused\. Start PulseMesh with `make run`, or name its address with --url/,
    );
    expect(stderr).toMatch(/the connection was refused; trying again/);
    peer.close = async () => undefined;
  });
});

describe("send, for a file of any size", () => {
  it("needs no more memory than a small heap", async () => {
    const { peer, cwd, start } = await setUp();
    const end = Date.now();
    const lineCount = 150_000;
    const rows = function* () {
      yield "timestamp,value\n";
      for (let i = 0; i < lineCount; i += 1000) {
        yield range(i, i + 999)
          .map((line) => `${end - (lineCount - line)},${line % 977}.25,${"a column that is ignored ".repeat(5)}\n`)
          .join("");
      }
    };
    await pipeline(Readable.from(rows()), createWriteStream(join(cwd, "large.csv")));
    const args = ["--file", "large.csv", "--service", "checkout", "--shift-to-now", FAST];
    const child = start(args, ["--max-old-space-size=24", "--max-semi-space-size=2"]);
    child.process.stdin?.end();
    expect({ code: await child.ended, stderr: child.output.stderr }).toMatchObject({ code: 0 });
    expect(peer.taken).toBe(lineCount);
    expect(linesIn(peer)).toEqual(range(2, lineCount + 1));
  }, 60_000);
});
