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

describe("the command line of send", () => {
  it("has defaults for everything but the file and the service", () => {
    const at = folderOf({ "a.csv": "" });
    expect(read(["--file", at("a.csv"), "--service", "checkout"])).toMatchObject({
      file: at("a.csv"),
      format: "csv",
      service: "checkout",
      status: "ok",
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

  it("refuses what it does not understand, with what was expected", () => {
    const at = folderOf({ "a.csv": "", "a.json": "[]", empty: "# none\n" });
    mkdirSync(at("folder"));
    const csv = ["--file", at("a.csv"), "--service", "a"];
    const refusals: [string[], RegExp][] = [
      [["--fiel", "x"], /^Unknown option '--fiel'\. See --help\.$/],
      [["file.csv"], /Unexpected argument 'file.csv'/],
      [["--file", at("missing.csv")], /Expected --service NAME/],
      [["--file", at("missing.csv"), "--service", "a"], /^Expected --file to name a file, got .*: there is none$/],
      [["--file", at("folder"), "--format", "csv", "--service", "a"], /pipe anything else/],
      [["--file", at("a.json")], /Expected a name ending in .csv, .ndjson or .jsonl, got a.json: add --format/],
      [["--format", "xml"], /Expected --format to be one of csv, ndjson, got "xml"/],
      [["--shift-to-now"], /Expected --file with --shift-to-now/],
      [[...csv, "--rate", "1", "--as-fast-as-possible"], /got both/],
      [[...csv, "--rate", "fast"], /Expected --rate to be a number from 0.01 to 10000000, got "fast"/],
      [[...csv, "--rate", "0"], /Expected --rate/],
      [[...csv, "--batch", "1.5"], /Expected --batch to be an integer from 1 to 10000, got "1.5"/],
      [[...csv, "--concurrency", ""], /Expected --concurrency/],
      [
        [...csv, "--url", "localhost:8080"],
        /Expected --url to be an http:\/\/ or https:\/\/ URL such as http:\/\/localhost:8080\/pulse, got "localhost:8080"/,
      ],
      [[...csv, "--token-file", at("none")], /Expected --token-file to name a file that can be read/],
      [[...csv, "--token-file", at("empty")], /Expected --token-file to hold a token/],
    ];
    for (const [args, message] of refusals) expect(() => read(args), args.join(" ")).toThrow(message);
  });
});
