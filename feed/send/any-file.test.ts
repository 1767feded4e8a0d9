import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, it } from "vitest";
import { FAST, openSendCommand } from "../testing/send-command.ts";

const cell = fc.oneof(
  fc.constantFrom(
    "timestamp",
    "value",
    "status",
    "id",
    "service_name",
    "metadata.a",
    "12,5",
    "1.5",
    "-1",
    "",
    '"x"',
    '"',
  ),
  fc.constantFrom(String(Date.now()), "1795958930", "2014-03-07 03:41:00", "2099-01-01 00:00:00", "error"),
  fc.string({ maxLength: 6 }),
);
const rows = fc.array(fc.array(cell, { maxLength: 5 }), { maxLength: 6 });
const csv = fc
  .tuple(rows, fc.constantFrom(",", ";", "\t", "|"), fc.constantFrom("", "timestamp,value,status\n"))
  .map(([cells, separator, header]) => header + cells.map((row) => row.join(separator)).join("\n"));
const pulse = fc.record(
  {
    service_name: fc.constantFrom("a", null, "$"),
    latency_ms: fc.oneof(fc.double(), fc.nat()),
    status: fc.oneof(fc.string(), fc.nat(999), fc.constant(null)),
    event_time: fc.oneof(fc.anything(), fc.nat(), fc.constant(Date.now())),
    metadata: fc.oneof(fc.dictionary(fc.string(), fc.string()), fc.constant(null)),
    id: fc.oneof(fc.string(), fc.constant(null)),
  },
  { requiredKeys: [] },
);
const ndjson = fc
  .array(
    fc.oneof(
      fc.json(),
      fc.string(),
      pulse.map((fields) => JSON.stringify(fields, (_, value) => (typeof value === "bigint" ? null : value))),
    ),
    { maxLength: 5 },
  )
  .map((lines) => lines.join("\n"));
const content = fc.oneof(
  fc
    .oneof(csv, ndjson)
    .chain((text) => fc.constantFrom(Buffer.from(text), gzipSync(text), Buffer.from(`\ufeff${text}`, "utf16le"))),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
);
const switches = fc.subarray(["--shift-to-now", "--final", "--dry-run", "--service=shop"]);

it("a file of any content ends with an exit code and a reason, and each of its lines is accounted for", async () => {
  const { cwd, run } = await openSendCommand();
  await fc.assert(
    fc.asyncProperty(content, fc.constantFrom("csv", "ndjson"), switches, async (bytes, format, more) => {
      writeFileSync(join(cwd, "any"), bytes);
      const args = ["--file", "any", "--format", format, "--restart", FAST, ...more];
      const { code, stdout, stderr } = await run(args);
      expect([0, 1, 2, 3]).toContain(code);
      if (code === 1 || code === 2) expect(stderr).toContain("Expected");
      else if (!more.includes("--dry-run")) {
        const count = (what: string) => Number(new RegExp(`^${what} +(\\d+)$`, "m").exec(stdout)?.[1]);
        expect(count("pulses accepted") + count("lines refused")).toBe(count("lines read"));
      }
    }),
    { seed: 20_261_124, numRuns: 400 },
  );
});
