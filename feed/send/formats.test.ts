// What files may hold, from the command's side: units of time, columns, separators, encodings.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { FAST, openSendCommand } from "../testing/send-command.ts";

const NOW = Date.now();

async function openFormats() {
  const { ingest, cwd, run, write } = await openSendCommand();
  /** Writes a file and sends it. */
  const send = (name: string, content: string | Buffer, ...args: string[]) => {
    writeFileSync(join(cwd, name), content);
    return run(["--file", name, "--service", "checkout", FAST, ...args]);
  };
  const pulses = () => [...ingest.pulses.values()];
  return { ingest, send, run, write, pulses };
}

describe("the times of a file", () => {
  it.each<[string, (seconds: number) => string]>([
    ["seconds", (seconds) => String(seconds)],
    ["milliseconds", (seconds) => `${seconds}000`],
    ["microseconds", (seconds) => `${seconds}000000`],
    ["nanoseconds", (seconds) => `${seconds}000000000`],
  ])("are shifted by the same span whether they are in %s, in NDJSON and in CSV", async (_, textOf) => {
    const { send, pulses } = await openFormats();
    const times = [1_394_163_560, 1_394_163_660].map(textOf);
    const json = times.map((time) => `{"latency_ms":1,"status":"ok","event_time":${time}}\n`).join("");
    const csv = times.map((time) => `${time},1\n`).join("");
    expect(await send("a.ndjson", json, "--shift-to-now")).toMatchObject({ code: 0 });
    expect(await send("a.csv", `timestamp,value\n${csv}`, "--shift-to-now")).toMatchObject({ code: 0 });
    const [a = 0, b = 0, c = 0, d = 0] = pulses().map((pulse) => pulse.event_time);
    expect([b - a, d - c]).toEqual([100_000, 100_000]);
    expect(b).toBeGreaterThanOrEqual(NOW);
  });

  it("may hold a stray one in the future, which is named and does not move the others", async () => {
    const { send, pulses } = await openFormats();
    const text = "timestamp,value\n2014-03-07 03:41:00,1\n2099-01-01 00:00:00,2\n2014-03-07 03:42:00,3\n";
    const { code, stderr } = await send("a.csv", text, "--shift-to-now");
    expect(code).toBe(3);
    expect(stderr).toMatch(/a\.csv, line 3: 2099-01-01T00:00:00\.000Z lies in the future/);
    expect(stderr).toMatch(/The last time, 2014-03-07T03:42:00\.000Z in line 4, becomes now/);
    expect(stderr).toMatch(/a\.csv, line 3: .* at most 5 minutes ahead, got 2099-01-01T00:00:00\.000Z/);
    const [first = 0, last = 0] = pulses().map((pulse) => pulse.event_time);
    expect(last - first).toBe(60_000);
    expect(last).toBeGreaterThanOrEqual(NOW);
  });

  it("may all lie in the future, and are shifted back", async () => {
    const { send, pulses } = await openFormats();
    await send("a.csv", "timestamp,value\n2099-01-01 00:00:00,1\n2099-01-01 00:01:00,2\n", "--shift-to-now");
    expect(pulses()[1]?.event_time).toBeLessThanOrEqual(Date.now());
  });
});

describe("the columns of a file", () => {
  it("are the fields of a pulse", async () => {
    const { send, pulses } = await openFormats();
    const header = "id,timestamp,value,service_name,status,metadata.region";
    expect(await send("a.csv", `${header}\na,${NOW},1,search,503,eu\nb,${NOW},2,,ok,\n`)).toMatchObject({ code: 0 });
    expect(pulses()).toMatchObject([
      { id: "a", service_name: "search", status: "503", metadata: { region: "eu" } },
      { id: "b", service_name: "checkout", status: "ok" },
    ]);
  });

  it("are refused when they mean nothing, before anything is sent", async () => {
    const { ingest, send } = await openFormats();
    const { code, stderr } = await send("a.csv", `timestamp,value,code\n${NOW},1,503\n`);
    expect({ code, requests: ingest.requests }).toEqual({ code: 1, requests: [] });
    expect(stderr).toContain("got also code: name what to take, as in --columns timestamp,value,metadata.code=code");
  });

  it("are those that --columns names, and the others are named", async () => {
    const { send, pulses } = await openFormats();
    const columns = ["--columns", "timestamp=time,value=took,status=code", "--statuses", "0=error"];
    const text = `time;took;code;host\n${NOW};1,5;0;a\n${NOW};2;200;b\n`;
    const { code, stderr } = await send("a.csv", text, ...columns, "--decimal", ",");
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/: --columns leaves out host\.\n/),
    });
    expect(pulses()).toMatchObject([
      { latency_ms: 1.5, status: "error" },
      { latency_ms: 2, status: "200" },
    ]);
  });

  it("need --service where none of them names the service", async () => {
    const { run, write } = await openFormats();
    write("a.csv", `timestamp,value\n${NOW},1\n`);
    expect(await run(["--file", "a.csv"])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/Expected --service/),
    });
    write("b.csv", `timestamp,value,service_name\n${NOW},1,search\n`);
    expect(await run(["--file", "b.csv", FAST])).toMatchObject({ code: 0 });
    const stdin = Readable.from([Buffer.from("timestamp,value\n")]);
    expect(await run(["--format", "csv"], stdin)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/--service NAME/),
    });
  });

  it("have as many cells in each row, and a row of another length is left out and named", async () => {
    const { send, pulses } = await openFormats();
    const { code, stderr } = await send("a.csv", `timestamp,value\n${NOW},12,5\n${NOW},1,234.5\n${NOW},7\n`);
    expect({ code, latencies: pulses().map((pulse) => pulse.latency_ms) }).toEqual({ code: 3, latencies: [7] });
    expect(stderr).toMatch(/line 2: Expected 2 cells.*\n.*line 3: Expected 2 cells/);
  });
});

describe("a file that is not plain text in UTF-8", () => {
  const text = `timestamp;value;metadata.city\n${NOW};1;Zürich\n${NOW};2;東京\n`;
  const utf16 = Buffer.from(`\ufeff${text}`, "utf16le");

  it.each<[string, string, Buffer]>([
    ["UTF-16", "a.csv", utf16],
    ["gzip", "a.csv.gz", gzipSync(text)],
    ["gzip without a last line break", "a.csv.gz", gzipSync(text.trimEnd())],
    ["gzip of UTF-16", "a.csv", gzipSync(utf16)],
  ])("is read: %s", async (_, name, content) => {
    const { send, run, pulses } = await openFormats();
    expect(await send(name, content)).toMatchObject({ code: 0 });
    expect(pulses().map((pulse) => pulse.metadata?.city)).toEqual(["Zürich", "東京"]);
    expect(await run(["--service", "checkout", "--format", "csv"], Readable.from([content]))).toMatchObject({
      code: 0,
    });
    expect(pulses()).toHaveLength(4);
  });

  it("is named when it is something else", async () => {
    const { send } = await openFormats();
    const { code, stderr } = await send("a.csv", Buffer.from("504b0304ff0a", "hex"));
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/a\.csv, line 1: Expected text in UTF-8/),
    });
  });
});
