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

  it("never hands a terminal what an outside text would make it do", async () => {
    const [out, error] = [new PassThrough(), new PassThrough()].map((stream) => Object.assign(stream, { isTTY: true }));
    const output = createOutput({ out, error } as unknown as Parameters<typeof createOutput>[0]);
    const outside = "\u001b[2J\u009b2J\u202eevil\u2028\nINFO: forged";
    const err = { type: outside, message: outside, stack: `Error: ${outside}\n    at x` };
    output.writeLine(JSON.stringify({ level: 40, time: 1, function: outside, msg: outside, a: { b: [outside] }, err }));
    const named = { "\u202ename": { [outside]: 1 }, [outside]: 1, err: { ...err, [outside]: { [outside]: 1 } } };
    output.writeLine(JSON.stringify({ level: 30, time: 1, msg: "m", ...named }));
    for (const text of [
      outside,
      JSON.stringify(outside),
      "\u009b5m {",
      '{"level":30,"msg":"\u001b[2J"}',
      '"\\u001b[2J"',
    ])
      output.writeLine(text);
    output.writeError(outside);
    out?.end();
    error?.end();
    for (const stream of [out, error]) {
      const written = await text(stream as PassThrough);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: colours alone are left
      expect(written.replace(/\u001b\[\d+m/g, "")).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u202e]/);
      expect(written).toContain("\\u202eevil");
      expect(written).not.toMatch(/^INFO: forged/m);
    }
  });
});
