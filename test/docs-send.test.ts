// The commands of docs/senders.md that send files, run as they stand: only the address and the paths differ.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { startIngest } from "../feed/testing/ingest.ts";
import { openTemporaryFolder } from "../feed/testing/temporary-folder.ts";
import { codeBlocksOf, readDocument } from "./documents.ts";

const BLOCKS = codeBlocksOf(readDocument("docs/senders.md"), "sh").filter((block) => block.includes("npm run send"));

/** Runs the block that names a file of test/data, and returns the pulses that came. */
async function pulsesOf(file: string) {
  const ingest = await startIngest();
  const cwd = openTemporaryFolder();
  const [block = ""] = BLOCKS.filter((candidate) => candidate.includes(`test/data/${file}`));
  const script = block
    .replaceAll("npm run send --", `'${process.execPath}' '${resolve("feed/send/main.ts")}' --url ${ingest.url}`)
    .replaceAll(/^npm run simulate .*$/gm, "")
    .replaceAll("test/data/", `${resolve("test/data")}/`);
  const shell = spawn("bash", ["-euc", script], { cwd, stdio: ["ignore", "ignore", "pipe"] });
  const [output, [code]] = await Promise.all([text(shell.stderr), once(shell, "close")]);
  expect({ code, output }).toMatchObject({ code: 0 });
  return [...ingest.pulses.values()];
}

describe("a file that docs/senders.md sends", () => {
  it("holds real measurements", async () => {
    expect(await pulsesOf("ec2-request-latency.csv")).toHaveLength(4032);
  });

  it("comes from k6", async () => {
    expect(await pulsesOf("k6.csv")).toMatchObject([
      { service_name: "shop", latency_ms: 221.899, status: "200", metadata: { name: "https://shop.example/cart" } },
      { latency_ms: 198.25, status: "200", metadata: { name: "https://shop.example/items?ids=1,2" } },
      { latency_ms: 912.5, status: "503", metadata: { error: "1503" } },
      { latency_ms: 0, status: "error", metadata: { error: "1212" } },
    ]);
  });

  it("comes from JMeter", async () => {
    const code = "Non HTTP response code: org.apache.http.conn.HttpHostConnectException";
    expect(await pulsesOf("jmeter.jtl")).toMatchObject([
      { latency_ms: 354, status: "ok", metadata: { label: "login", code: "200" } },
      { latency_ms: 87, status: "ok", metadata: { label: "cart, one item" } },
      { latency_ms: 1204, status: "error", metadata: { code: "503" } },
      { latency_ms: 12, status: "error", metadata: { code } },
    ]);
  });

  it("comes from Gatling", async () => {
    const pulses = await pulsesOf("gatling.txt");
    expect(pulses).toMatchObject([
      { latency_ms: 221, status: "OK", metadata: { request: "login" } },
      { latency_ms: 41, status: "OK", metadata: { request: "cart, one item" } },
      { latency_ms: 60_001, status: "error", metadata: { request: "checkout" } },
    ]);
    expect((pulses[2]?.event_time ?? 0) - (pulses[0]?.event_time ?? 0)).toBe(279);
  });
});
