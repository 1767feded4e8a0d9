// The command as a user runs it: as a separate process, against a server on a real socket.
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { describe, expect, it, vi } from "vitest";
import { problemAnswer } from "../testing/ingest.ts";
import { csvOf, FAST, linesIn, openSendCommand, range } from "../testing/send-command.ts";

describe("send, when it is interrupted", () => {
  async function openLongSend() {
    const command = await openSendCommand();
    command.write("latency.csv", csvOf(3000, Date.now()));
    const args = ["--file", "latency.csv", "--service", "checkout", "--batch", "10"];
    /** After this request the server stops answering, so that the command cannot finish on any machine. */
    const answerUntil = (last: number) => {
      command.ingest.misbehave = (request) => (request > last ? new Promise(() => undefined) : undefined);
    };
    return { ...command, args, answerUntil };
  }

  it("stops cleanly on SIGINT and continues with the next line", async () => {
    const { ingest, start, run, args } = await openLongSend();
    const child = start([...args, "--rate", "200"]);
    await vi.waitFor(() => expect(ingest.pulses.size).toBeGreaterThan(100));
    child.process.kill("SIGINT");
    expect(await child.ended).toBe(130);
    const before = ingest.taken;
    expect(before).toBeLessThan(3000);
    expect(child.output.stdout).toMatch(new RegExp(`pulses accepted +${before}\n`));
    const { code, stderr } = await run([...args, FAST]);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining(`Continuing after line ${before + 1};`),
    });
    expect(linesIn(ingest)).toEqual(range(2, 3001));
    expect(ingest.taken).toBe(3000);
  });

  it("sends every line at least once, with the same ids, after kill -9", async () => {
    const { ingest, start, run, args, answerUntil } = await openLongSend();
    answerUntil(250);
    for (const count of [150, 600]) {
      const child = start([...args, "--rate", "1500", "--concurrency", "8"]);
      await vi.waitFor(() => expect(ingest.pulses.size).toBeGreaterThan(count));
      child.process.kill("SIGKILL");
      expect(await child.ended).toBe("SIGKILL");
    }
    expect(ingest.pulses.size).toBeLessThan(3000);
    answerUntil(Number.POSITIVE_INFINITY);
    const { code, stderr } = await run([...args, FAST]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/Continuing after line \d+/) });
    expect(linesIn(ingest)).toEqual(range(2, 3001));
    expect(new Set([...ingest.pulses.keys()].map((id) => id.split(":")[0])).size).toBe(1);
  });

  it("outlives a server that is away, overloaded and cutting connections", async () => {
    const { ingest, run, args } = await openLongSend();
    const answers = [
      "cut",
      "cut-after",
      problemAnswer(429, "full", { "retry-after": "0" }),
      problemAnswer(503, "away"),
    ] as const;
    ingest.misbehave = (request) => (request % 15 === 0 ? answers[(request / 15) % 4] : undefined);
    const { code, stdout } = await run([...args, "--batch", "50", FAST]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/pulses accepted +3000\n.*\nrequests +60 \(and \d+ tries again\)/);
    expect(linesIn(ingest)).toEqual(range(2, 3001));
  });

  it("gives up when nothing is accepted, and says what to do", async () => {
    const { ingest, run, args } = await openLongSend();
    await ingest.close();
    const { code, stderr } = await run([...args, "--retry-for", "0.2"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /took nothing: the connection was refused\. Start PulseMesh with `make run`, or name its address with --url/,
    );
    expect(stderr).toMatch(/the connection was refused; trying again/);
  });
});

describe("send, for a file of any size", () => {
  it("needs no more memory than a small heap", async () => {
    const { ingest, cwd, start } = await openSendCommand();
    const end = Date.now();
    const lineCount = 80_000;
    const rows = function* () {
      yield "timestamp,value,note\n";
      for (let i = 0; i < lineCount; i += 1000) {
        yield range(i, i + 999)
          .map((line) => `${end - (lineCount - line)},${line % 977}.25,${"a column that is ignored ".repeat(9)}\n`)
          .join("");
      }
    };
    await pipeline(Readable.from(rows()), createWriteStream(join(cwd, "large.csv")));
    const columns = ["--columns", "timestamp,value"];
    const args = ["--file", "large.csv", "--service", "checkout", "--shift-to-now", ...columns, FAST];
    const child = start(args, ["--max-old-space-size=24", "--max-semi-space-size=2"]);
    child.process.stdin?.end();
    expect({ code: await child.ended, stderr: child.output.stderr }).toMatchObject({ code: 0 });
    expect(ingest.taken).toBe(lineCount);
    expect(linesIn(ingest)).toEqual(range(2, lineCount + 1));
  });
});
