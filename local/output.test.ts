import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { createOutput } from "./output.ts";

describe("output", () => {
  const LINE =
    '{"level":40,"time":1767322245000,"pid":1,"function":"pulse-persist","eventId":"e1","msg":"event rejected"}';

  it("stays as it is when no terminal reads it", async () => {
    const [out, error] = [new PassThrough(), new PassThrough()];
    const output = createOutput({ out, error });
    output.writeLine(LINE);
    output.writeError("broker: oh");
    out.end();
    error.end();
    expect(await text(out)).toBe(`${LINE}\n`);
    expect(await text(error)).toBe("broker: oh\n");
  });

  it("is readable in a terminal, JSON or not", async () => {
    const out = Object.assign(new PassThrough(), { isTTY: true });
    const output = createOutput({ out, error: new PassThrough() });
    output.writeLine(LINE);
    output.writeLine("no JSON");
    out.end();
    const written = await text(out);
    expect(written).toContain("pulse-persist event rejected");
    expect(written).toContain("WARN");
    expect(written).toMatch(/eventId.*e1/);
    expect(written).not.toContain('{"level"');
    expect(written).toMatch(/no JSON\n$/);
  });
});
