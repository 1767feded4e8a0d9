// The command against a server on a real socket; interrupted.test.ts runs it as a separate process.
import { readdirSync, readFileSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { describe, expect, it, vi } from "vitest";
import { problemAnswer } from "../testing/ingest.ts";
import { csvOf, FAST, linesIn, openSendCommand, range } from "../testing/send-command.ts";
import { SEND_HELP } from "./options.ts";

const SAMPLES = fileURLToPath(new URL("../../events/samples/", import.meta.url));

describe("send", () => {
  it("sends a CSV file, every line once, and says so", async () => {
    const { ingest, run, write } = await openSendCommand();
    write("latency.csv", csvOf(1200, Date.now()));
    const { code, stdout, stderr } = await run(["--file", "latency.csv", "--service", "checkout", FAST]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/lines read +1200\npulses accepted +1200\nlines refused +0\nrequests +3\n/);
    expect(linesIn(ingest)).toEqual(range(2, 1201));
    expect([...ingest.pulses.values()][0]).toMatchObject({ service_name: "checkout", status: "ok", latency_ms: 0.5 });
  });

  it("sends the same pulses with the same ids again with --restart, and nothing without it", async () => {
    const { ingest, run, write } = await openSendCommand();
    write("latency.csv", csvOf(10, Date.now()));
    const args = ["--file", "latency.csv", "--service", "checkout", FAST];
    await run(args);
    const { code, stderr } = await run(args);
    expect({ code, taken: ingest.taken }).toEqual({ code: 0, taken: 10 });
    expect(stderr).toMatch(/was sent before: 10 pulses\. Send it again with --restart\./);
    const again = await run([...args, "--restart"]);
    expect(again.stderr).toMatch(/^10 pulses were accepted before, from lines that read as they do now/);
    expect({ taken: ingest.taken, ids: ingest.pulses.size }).toEqual({ taken: 20, ids: 10 });
  });

  it("continues with a finished file that has grown", async () => {
    const { ingest, cwd, run, write } = await openSendCommand();
    write("latency.csv", csvOf(10, Date.now()));
    const args = ["--file", "latency.csv", "--service", "checkout", FAST];
    await run(args);
    await appendFile(join(cwd, "latency.csv"), `${Date.now()},7\n`);
    const { stdout, stderr } = await run(args);
    expect(stderr).toMatch(/Continuing after line 11; 10 pulses were accepted before/);
    expect(stdout).toMatch(/pulses accepted +1\n/);
    expect(linesIn(ingest)).toEqual(range(2, 12));
  });

  it("does not continue with another file under the same name", async () => {
    const { run, write } = await openSendCommand();
    const args = ["--file", "latency.csv", "--service", "checkout", FAST];
    write("latency.csv", csvOf(10, Date.now()));
    await run(args);
    write("latency.csv", csvOf(10, Date.now() - 5000));
    const { code, stderr } = await run(args);
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/Use --restart to send it from its first line/),
    });
    expect((await run([...args, "--restart"])).code).toBe(0);
  });

  it("shifts old measurements so that the last is now, and keeps the shift for the rest of the file", async () => {
    const { ingest, cwd, run } = await openSendCommand();
    const file = fileURLToPath(new URL("../../test/data/ec2-request-latency.csv", import.meta.url));
    const args = ["--file", file, "--service", "ec2", "--shift-to-now", FAST, "--concurrency", "1"];
    ingest.misbehave = (request) => (request === 4 ? problemAnswer(403, "no more for now") : undefined);
    const startedAt = Date.now();
    const first = await run(args);
    expect(first).toMatchObject({ code: 1, stderr: expect.stringContaining("403: no more for now") });
    expect(ingest.pulses.size).toBe(2000);
    const second = await run(args);
    expect(second).toMatchObject({ code: 0, stderr: expect.stringContaining("Continuing after line 2001") });
    const times = [...ingest.pulses.values()].map((pulse) => pulse.event_time);
    const last = Math.max(...times);
    expect(ingest.pulses.size).toBe(4032);
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
    const { ingest, run } = await openSendCommand();
    const file = fileURLToPath(new URL("../../test/data/ec2-request-latency.csv", import.meta.url));
    const { code, stderr } = await run(["--file", file, "--service", "ec2"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /line 2: \/event_time: Expected a time .* 30 days old .*--shift-to-now, which makes the last one now/,
    );
    expect(ingest.pulses.size).toBe(0);
  });

  it("reports bad lines, leaves them out and sends the rest", async () => {
    const { ingest, run, write } = await openSendCommand();
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
    expect(linesIn(ingest)).toEqual([1, 33]);
    expect(ingest.pulses.values().next().value).toMatchObject({ is_time_of_arrival: true });
  });

  it("stops at the first bad line when it is strict", async () => {
    const { ingest, run, write } = await openSendCommand();
    write("mixed.ndjson", `{"latency_ms":1,"status":"ok"}\nbad\n{"latency_ms":2,"status":"ok"}\n`);
    const { code, stderr } = await run(["--file", "mixed.ndjson", "--service", "checkout", "--strict"]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/line 2: Expected a pulse as one line of JSON/),
    });
    expect(linesIn(ingest)).not.toContain(3);
  });

  it("sends pulses from standard input as they come, and dates them", async () => {
    const { ingest, start } = await openSendCommand();
    const child = start(["--service", "checkout"]);
    const startedAt = Date.now();
    child.process.stdin?.write('{"latency_ms":1,"status":"ok"}\n');
    await vi.waitFor(() => expect(ingest.pulses.size).toBe(1));
    child.process.stdin?.end('{"latency_ms":2,"status":"ok","id":"own"}');
    expect(await child.ended).toBe(0);
    const [first, second] = [...ingest.pulses.values()];
    expect(first?.id).toMatch(/^stdin-[0-9a-f-]{36}:1$/);
    expect(first?.event_time).toBeGreaterThanOrEqual(startedAt);
    expect(first).not.toHaveProperty("is_time_of_arrival");
    expect(second?.id).toBe("own");
  });

  it("reads CSV from standard input, and says when its header is missing", async () => {
    const { ingest, run } = await openSendCommand();
    const args = ["--format", "csv", "--service", "checkout"];
    expect(await run(args, Readable.from([Buffer.from(csvOf(5, Date.now()))]))).toMatchObject({ code: 0 });
    expect(ingest.pulses.size).toBe(5);
    const bad = await run(args, Readable.from([Buffer.from(`${Date.now()},5\n`)]));
    expect(bad.code).toBe(1);
    expect(bad.stderr).toMatch(/standard input: Expected the first line to be a header .* add "timestamp,value"/);
  });

  it("checks everything and sends nothing with --dry-run", async () => {
    const { ingest, cwd, run } = await openSendCommand();
    const { code, stdout } = await run(["--file", join(SAMPLES, "pulses.ndjson"), "--dry-run"]);
    expect({ code, requests: ingest.requests, files: readdirSync(cwd) }).toEqual({ code: 0, requests: [], files: [] });
    expect(stdout).toMatch(
      /^\{"id":"pulses\.ndjson:1-[0-9a-f]{8}","service_name":"checkout",.*\}\n\{.*\}\n\{.*\}\nlines read +3\n/,
    );
  });

  it("shows with --dry-run nothing that a terminal would obey", async () => {
    const { run, write } = await openSendCommand();
    write("a.ndjson", `${JSON.stringify({ latency_ms: 1, status: "ok", metadata: { note: "\u202egnp\u009b2J" } })}\n`);
    const { stdout } = await run(["--file", "a.ndjson", "--service", "checkout", "--dry-run"]);
    expect(stdout).toContain('"note":"\\u202egnp\\u009b2J"');
  });

  it("finds this machine under the names that make up prints, although the resolver may not know them", async () => {
    const { ingest, run } = await openSendCommand();
    const url = `http://pulse-ingest.default.localhost:${ingest.url.port}/pulse`;
    const args = ["--file", join(SAMPLES, "pulses.ndjson"), "--url", url, "--retry-for", "1"];
    expect(await run(args)).toMatchObject({ code: 0, stderr: "" });
    expect(ingest.pulses.size).toBe(3);
    expect(ingest.headers[0]?.host).toBe(new URL(url).host);
  });

  it("does not send again what is refused for good", async () => {
    const { ingest, run } = await openSendCommand();
    ingest.misbehave = () => problemAnswer(422, "The broker refused the event for good.");
    const { code, stderr } = await run(["--file", join(SAMPLES, "pulses.ndjson")]);
    expect({ code, requests: ingest.requests }).toEqual({ code: 1, requests: [3] });
    expect(stderr).toBe(`${ingest.url} answered 422: The broker refused the event for good.\n`);
  });

  it("keeps to its rate", async () => {
    const { ingest, run, write } = await openSendCommand();
    write("latency.csv", csvOf(60, Date.now()));
    const { stdout } = await run(["--file", "latency.csv", "--service", "checkout", "--rate", "50"]);
    expect(Number(/seconds +([\d.]+)/.exec(stdout)?.[1])).toBeGreaterThanOrEqual(1);
    expect(ingest.requests).toEqual(Array(12).fill(5));
  });

  it("asks for what it needs and explains itself", async () => {
    const { run, start } = await openSendCommand();
    const help = start(["--help"]);
    expect({ code: await help.ended, ...help.output }).toEqual({ code: 0, stdout: SEND_HELP, stderr: "" });
    expect(await run(["--help"])).toEqual({ code: 0, stdout: SEND_HELP, stderr: "" });
    expect(await run(["--rate", "x"])).toMatchObject({ code: 2, stderr: expect.stringMatching(/^Expected --rate/) });
    expect(await run(["--file", "none.ndjson"])).toMatchObject({ code: 2, stdout: "" });
  });
});
