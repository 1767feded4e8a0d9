// Files that are still written while the command sends them.
import { appendFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FAST, linesIn, openSendCommand } from "../testing/send-command.ts";

const NOW = Date.now();

async function openGrowingFile(name: string, ...more: string[]) {
  const { ingest, cwd, run } = await openSendCommand();
  const path = join(cwd, name);
  writeFileSync(path, "");
  const send = (...args: string[]) => run(["--file", name, "--service", "checkout", FAST, ...more, ...args]);
  const grow = (text: string) => appendFileSync(path, text);
  const latencies = () => [...ingest.pulses.values()].map((pulse) => pulse.latency_ms);
  return { ingest, path, send, grow, latencies };
}

const MAY_BE_HALF = /line (\d): no line break ends it yet, so it may be half written and was not sent.* --final/;

describe("send, for a file that grows", () => {
  it.each<[string, string, string, number]>([
    ["a header", "a.csv", "timestamp,value\n", 2],
    ["half a header", "a.csv", "timestamp,val", 2],
    ["one measurement", "a.csv", `timestamp,value\n${NOW},1\n`, 3],
    ["one line", "a.ndjson", `{"latency_ms":1,"status":"ok","event_time":${NOW}}\n`, 2],
    ["nothing", "a.ndjson", "", 1],
    ["blank lines", "a.ndjson", "\n\r\n", 3],
  ])("goes on after %s, and --restart keeps the identity of each line", async (_, name, start, last) => {
    const { ingest, send, grow } = await openGrowingFile(name);
    grow(start);
    await send();
    if (start === "timestamp,val") grow("ue\n");
    grow(name.endsWith("csv") ? `${NOW},2\n` : `{"latency_ms":2,"status":"ok","event_time":${NOW}}\n`);
    expect(await send()).toMatchObject({ code: 0 });
    const ids = [...ingest.pulses.keys()];
    expect(linesIn(ingest).at(-1)).toBe(last);
    expect(ingest.taken).toBe(ids.length);
    expect(await send("--restart")).toMatchObject({ code: 0 });
    expect([...ingest.pulses.keys()]).toEqual(ids);
  });

  it("keeps a half-written line back until the rest of it is there", async () => {
    const { ingest, send, grow, latencies } = await openGrowingFile("a.csv");
    grow(`timestamp,value\n${NOW},1\n${NOW},12`);
    const first = await send();
    expect({ ...first, latencies: latencies() }).toMatchObject({ code: 3, latencies: [1] });
    expect(MAY_BE_HALF.exec(first.stderr)?.[1]).toBe("3");
    expect(await send()).toMatchObject({ code: 3, stderr: expect.stringMatching(/Continuing after line 2;/) });
    grow(`5.5\n${NOW},7\n`);
    expect(await send()).toMatchObject({ code: 0 });
    expect({ latencies: latencies(), lines: linesIn(ingest) }).toEqual({ latencies: [1, 125.5, 7], lines: [2, 3, 4] });
    expect(await send()).toMatchObject({ code: 0, stderr: expect.stringMatching(/was sent before: 3 pulses/) });
  });

  it("sends a last line without a line break where nothing can follow: with --final, or after a JSON object", async () => {
    const csv = await openGrowingFile("a.csv");
    csv.grow(`timestamp,value\n${NOW},12`);
    expect(await csv.send("--final")).toMatchObject({ code: 0 });
    csv.grow(`\n${NOW},7\n`);
    expect(await csv.send()).toMatchObject({ code: 0 });
    expect({ latencies: csv.latencies(), lines: linesIn(csv.ingest) }).toEqual({ latencies: [12, 7], lines: [2, 3] });

    const ndjson = await openGrowingFile("a.ndjson");
    ndjson.grow('{"latency_ms":1,"status":"ok"}\r\n{"latency_ms":2,"status":"ok"');
    expect(await ndjson.send()).toMatchObject({ code: 3, stderr: expect.stringMatching(MAY_BE_HALF) });
    ndjson.grow("}");
    expect(await ndjson.send()).toMatchObject({ code: 0, stderr: expect.not.stringContaining("--final") });
    ndjson.grow('\r\n{"latency_ms":3,"status":"ok"}');
    expect(await ndjson.send()).toMatchObject({ code: 0 });
    expect({ latencies: ndjson.latencies(), lines: linesIn(ndjson.ingest) }).toEqual({
      latencies: [1, 2, 3],
      lines: [1, 2, 3],
    });
  });

  it("names a line that was sent with --final and grew all the same", async () => {
    const { send, grow } = await openGrowingFile("a.csv");
    grow(`timestamp,value\n${NOW},12`);
    await send("--final");
    expect(await send()).toMatchObject({ code: 0, stderr: expect.stringMatching(/was sent before: 1 pulses/) });
    grow("5.5\n");
    expect(await send()).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/up to line 2 it was changed or cut/),
    });
  });

  it.each<[string, (path: string) => void]>([
    ["was cut", (path) => truncateSync(path, statSync(path).size - 3)],
    ["was emptied", (path) => truncateSync(path, 0)],
    ["has another last line", (path) => writeFileSync(path, csvOfValues(1, 3, 4))],
    ["has another first line", (path) => writeFileSync(path, csvOfValues(3, 2, 4))],
    ["has another first line and the same size", (path) => writeFileSync(path, csvOfValues(3, 2))],
  ])("notices that the file %s", async (_, change) => {
    const { ingest, path, send, grow } = await openGrowingFile("a.csv");
    grow(csvOfValues(1, 2));
    await send();
    change(path);
    expect(await send()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        "a.csv is not as an earlier run read it: up to line 3 it was changed or cut. Use --restart",
      ),
    });
    expect(ingest.taken).toBe(2);
  });

  it("shifts its times once there are any, and keeps to the shift", async () => {
    const { ingest, send, grow } = await openGrowingFile("a.csv", "--shift-to-now");
    grow("timestamp,value\n");
    await send();
    grow("1394163660,1\n");
    const startedAt = Date.now();
    expect(await send()).toMatchObject({ code: 0, stderr: expect.stringMatching(/shifted by \+\d+\.\d days/) });
    grow("1394163661,2\n");
    await send();
    const [first = 0, second] = [...ingest.pulses.values()].map((pulse) => pulse.event_time);
    expect(first).toBeGreaterThanOrEqual(startedAt);
    expect(second).toBe(first + 1000);
  });

  it("reads what was added to a gzip file, and says when the file is cut", async () => {
    const { ingest, path, send } = await openGrowingFile("a.ndjson.gz");
    const member = (value: number) => gzipSync(`{"latency_ms":${value},"status":"ok"}\n`);
    writeFileSync(path, member(1));
    expect(await send()).toMatchObject({ code: 0 });
    writeFileSync(path, Buffer.concat([member(1), member(2)]));
    expect(await send()).toMatchObject({ code: 0, stderr: expect.stringMatching(/Continuing after line 1;/) });
    expect({ taken: ingest.taken, lines: linesIn(ingest) }).toEqual({ taken: 2, lines: [1, 2] });
    expect([...ingest.pulses.keys()][0]).toMatch(/^a\.ndjson:1-[0-9a-f]{8}$/);
    writeFileSync(path, Buffer.concat([member(1), member(2), member(3).subarray(0, -5)]));
    expect(await send()).toMatchObject({ code: 1, stderr: expect.stringMatching(/gz: Expected a whole gzip file/) });
  });

  it("sends each line once, with one identity, wherever its writer stopped in between", async () => {
    const { ingest, path, send } = await openGrowingFile("a.csv");
    const csvLine = fc
      .tuple(
        fc.integer({ min: 0, max: 60_000 }),
        fc.oneof(fc.nat(999), fc.constantFrom(12.5, 0.125)),
        fc.constantFrom("", "ü💓", '"a,b"'),
      )
      .map(([agoMs, value, note]) => `${NOW - agoMs},${value},${note}`);
    const jsonLine = fc
      .tuple(fc.integer({ min: 0, max: 60_000 }), fc.nat(999), fc.string({ unit: "grapheme", maxLength: 5 }))
      .map(([agoMs, latency_ms, note]) =>
        JSON.stringify({ latency_ms, status: "ok", event_time: NOW - agoMs, metadata: { note } }),
      );
    const file = (line: fc.Arbitrary<string>, header: string) =>
      fc.record({
        header: fc.constant(header),
        lines: fc.array(fc.oneof({ weight: 8, arbitrary: line }, fc.constantFrom("", "nonsense")), { maxLength: 8 }),
        lineBreak: fc.constantFrom("\n", "\r\n"),
        encoding: fc.constantFrom("utf8" as const, "utf16le" as const),
        isEnded: fc.boolean(),
        cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 3 }),
      });
    const files = fc.oneof(file(csvLine, "timestamp,value,metadata.note"), file(jsonLine, ""));
    await fc.assert(
      fc.asyncProperty(files, async ({ header, lines, lineBreak, encoding, isEnded, cuts }) => {
        const format = ["--format", header === "" ? "ndjson" : "csv"];
        const text = [...(header === "" ? [] : [header]), ...lines].join(lineBreak) + (isEnded ? lineBreak : "");
        const bytes = encoding === "utf8" ? Buffer.from(text) : Buffer.from(`\ufeff${text}`, "utf16le");
        const takeAll = () => {
          const { taken } = ingest;
          const pulses = new Map(ingest.pulses);
          ingest.pulses.clear();
          ingest.taken = 0;
          return { taken, pulses };
        };
        takeAll();
        writeFileSync(path, bytes);
        await send(...format, "--restart", "--final");
        const atOnce = takeAll();
        const ends = cuts.map((cut) => Math.floor(cut * bytes.length)).sort((a, b) => a - b);
        for (const [i, end] of ends.entries()) {
          writeFileSync(path, bytes.subarray(0, end));
          await send(...format, ...(i === 0 ? ["--restart"] : []));
        }
        writeFileSync(path, bytes);
        const last = await send(...format, "--final", ...(ends.length === 0 ? ["--restart"] : []));
        expect(last.code, last.stderr).not.toBe(1);
        expect(takeAll()).toEqual(atOnce);
        await send(...format, "--final", "--restart");
        expect(takeAll()).toEqual(atOnce);
        expect(atOnce.taken).toBe(lines.filter((line) => !/^(nonsense)?$/.test(line)).length);
      }),
      { seed: 20_261_124, numRuns: 150 },
    );
  });
});

function csvOfValues(...values: number[]): string {
  return `timestamp,value\n${values.map((value) => `${NOW},${value}\n`).join("")}`;
}
