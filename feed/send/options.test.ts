import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openTemporaryFolder } from "../testing/temporary-folder.ts";
import { readSendOptions } from "./options.ts";

function read(args: string[], env: NodeJS.ProcessEnv = {}) {
  return readSendOptions(args, env, false);
}

/** A folder with the files that the command lines name. */
function folderOf(files: Record<string, string>): (name: string) => string {
  const folder = openTemporaryFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return (name) => join(folder, name);
}

describe("the file of a token", () => {
  it.each([
    ["secret", "secret"],
    ["\ufeffsecret checkout\r\nother *\r\n", "secret"],
    ["\ufeff# tokens\n\n\tsecret checkout\n", "secret"],
    ["# former: \rother *\nsecret checkout\n", "secret"],
  ])("that has %j holds the first word of its first line that has one", (text, token) => {
    expect(read(["--token-file", folderOf({ tokens: text })("tokens")])?.target.token).toBe(token);
  });
});

describe("the command line of send", () => {
  it("has defaults for everything but the file and the service", () => {
    const at = folderOf({ "a.csv": "" });
    expect(read(["--file", at("a.csv"), "--service", "checkout"])).toMatchObject({
      file: at("a.csv"),
      format: "csv",
      service: "checkout",
      status: undefined,
      target: { url: new URL("http://localhost:8080/pulse"), token: undefined, retryForMs: 300_000 },
      rate: 1000,
      batch: 500,
      concurrency: 4,
      shiftToNow: false,
      restart: false,
      strict: false,
      dryRun: false,
    });
  });

  it("reads pulses from standard input, one a line, without a default status", () => {
    expect(read([])).toMatchObject({ file: undefined, format: "ndjson", service: undefined, status: undefined });
  });

  it("asks for help on a terminal without a file, and with --help", () => {
    expect(readSendOptions([], {}, true)).toBeUndefined();
    expect(readSendOptions(["--status", "ok"], {}, true)).toBeUndefined();
    expect(read(["--help"])).toBeUndefined();
  });

  it("takes everything from options", () => {
    const at = folderOf({ "a.txt": "", tokens: "# tokens\n  secret checkout\nother\n" });
    const args = ["--file", at("a.txt"), "--format", "ndjson", "--status", "200", "--url", "https://pulse.example"];
    const more = [
      "--rate",
      "0.5",
      "--batch",
      "7",
      "--concurrency",
      "2",
      "--retry-for",
      "1.5",
      "--token-file",
      at("tokens"),
    ];
    const switches = ["--shift-to-now", "--restart", "--strict", "--dry-run"];
    expect(read([...args, ...more, ...switches], { PULSE_DATA_DIR: "/data" })).toMatchObject({
      file: at("a.txt"),
      format: "ndjson",
      service: undefined,
      status: "200",
      target: { url: new URL("https://pulse.example/pulse"), token: "secret", retryForMs: 1500 },
      rate: 0.5,
      batch: 7,
      concurrency: 2,
      shiftToNow: true,
      restart: true,
      strict: true,
      dryRun: true,
      dataDir: "/data",
    });
    expect(read(["--as-fast-as-possible"])?.rate).toBe(Number.POSITIVE_INFINITY);
  });

  it("sends to the port that the local settings name", () => {
    expect(read([], { PULSE_LOCAL_INGEST_PORT: "9090" })?.target.url.href).toBe("http://localhost:9090/pulse");
  });

  it("takes what a CSV file needs", () => {
    const at = folderOf({ "a.tsv": "", "a.csv.gz": "" });
    const args = ["--columns", "timestamp=time,Value=took,metadata.Host=host,status", "--where", "kind=a=b,c"];
    const more = ["--separator", "tab", "--decimal", ",", "--statuses", "0=error,KO=error", "--final"];
    expect(read(["--file", at("a.tsv"), ...args, ...more])).toMatchObject({
      format: "csv",
      columns: new Map([
        ["event_time", "time"],
        ["latency_ms", "took"],
        ["metadata.Host", "host"],
        ["status", "status"],
      ]),
      where: ["kind", "a=b,c"],
      separator: "\t",
      decimal: ",",
      statuses: new Map([
        ["0", "error"],
        ["KO", "error"],
      ]),
      final: true,
    });
    expect(read(["--file", at("a.csv.gz")])?.format).toBe("csv");
  });

  it("reads no setting but those that the command needs", () => {
    const wrong = { PULSE_LOCAL_BROKER_PORT: "x", PULSE_LOCAL_BROKER_MAX_BYTES: "x", PORT: "x" };
    expect(read([], wrong)?.target.url.href).toBe("http://localhost:8080/pulse");
    const wrongPort = { PULSE_LOCAL_INGEST_PORT: "x" };
    expect(() => read([], wrongPort)).toThrow("PULSE_LOCAL_INGEST_PORT: Expected an integer");
    expect(read(["--url", "http://pulse.example"], wrongPort)?.target.url.href).toBe("http://pulse.example/pulse");
  });

  it("refuses what it does not understand, with what was expected", () => {
    const at = folderOf({ "a.csv": "", "a.json": "[]", empty: "# none\n" });
    mkdirSync(at("folder"));
    const csv = ["--file", at("a.csv"), "--service", "a"];
    const refusals: [string[], RegExp][] = [
      [["--fiel", "x"], /^Unknown option '--fiel'\. See --help\.$/],
      [["file.csv"], /Unexpected argument 'file.csv'/],
      [["--file", at("missing.csv"), "--service", "a"], /^Expected --file to name a file, got .*: there is none$/],
      [["--file", at("folder"), "--format", "csv", "--service", "a"], /pipe anything else/],
      [["--file", at("a.json")], /Expected a name ending in .csv, .tsv, .ndjson or .jsonl, got a.json: add --format/],
      [["--format", "xml"], /Expected --format to be one of csv, ndjson, got "xml"/],
      [["--columns", "timestamp,value"], /Expected CSV with --columns, got NDJSON/],
      [[...csv, "--columns", "timestamp"], /Expected --columns to be a list such as timestamp=time,value=duration/],
      [[...csv, "--columns", "timestamp,value,host"], /Expected --columns to be a list/],
      [[...csv, "--columns", "timestamp,value,event_time=a"], /Expected --columns to be a list/],
      [[...csv, "--columns", "timestamp,value="], /Expected --columns to be a list/],
      [[...csv, "--where", "metric"], /Expected --where to be a column and its value/],
      [[...csv, "--separator", ";;"], /Expected --separator to be one character, or the word tab, got ";;"/],
      [[...csv, "--decimal", ";"], /Expected --decimal to be one of ., ,, got ";"/],
      [[...csv, "--statuses", "error"], /Expected --statuses to be a list such as 0=error,KO=error, got "error"/],
      [["--shift-to-now"], /Expected --file with --shift-to-now/],
      [[...csv, "--rate", "1", "--as-fast-as-possible"], /got both/],
      [[...csv, "--rate", "fast"], /Expected --rate to be a number from 0.01 to 10000000, got "fast"/],
      [[...csv, "--rate", "0"], /Expected --rate/],
      [[...csv, "--batch", "1.5"], /Expected --batch to be an integer from 1 to 10000, got "1.5"/],
      [[...csv, "--concurrency", ""], /Expected --concurrency/],
      [
        [...csv, "--url", "localhost:8080"],
        /Expected --url to be an http:\/\/ or https:\/\/ URL without a user, such as http:\/\/localhost:8080\/pulse, got "localhost:8080"/,
      ],
      [[...csv, "--token-file", at("none")], /Expected --token-file to name a file that can be read/],
      [[...csv, "--token-file", at("empty")], /Expected --token-file to hold a token/],
    ];
    for (const [args, message] of refusals) expect(() => read(args), args.join(" ")).toThrow(message);
  });
});
