import { pino } from "pino";
import { expect, it } from "vitest";
import type { HttpRequest } from "../../http/route.ts";
import { idempotencyKeyOf } from "./idempotency-key.ts";

function requestWith(...keys: string[]): HttpRequest {
  const headers: HttpRequest["headers"] = keys.length === 0 ? {} : { "idempotency-key": keys.join(", ") };
  const rawHeaders = keys.flatMap((key) => ["Idempotency-Key", key]);
  const log = pino({ level: "silent" });
  return {
    method: "POST",
    parameters: {},
    query: new URLSearchParams(),
    headers,
    rawHeaders,
    client: () => "",
    gone: () => new AbortController().signal,
    body: Buffer.alloc(0),
    log,
  };
}

it.each<[string, string[], string | undefined]>([
  ["no header", [], undefined],
  ["a bare key", ["abc"], "abc"],
  ["the same key, quoted", ['"abc"'], "abc"],
  ["a quoted key with escapes", ['"a\\"b\\\\c d"'], 'a"b\\c d'],
  ["a key with a percent sign, which stays", ["a%20b"], "a%20b"],
  ["a key in UTF-8", [Buffer.from("clé").toString("latin1")], "clé"],
  ["a key with a comma", ["a, b"], "a, b"],
  ["the same key twice", ["abc", "abc"], "abc"],
  ["a key of 120 characters", ["k".repeat(120)], "k".repeat(120)],
  ["a key of 120 characters in quotes", [`"${"k".repeat(120)}"`], "k".repeat(120)],
  ["a key of 120 characters of two UTF-16 units", [Buffer.from("😀".repeat(120)).toString("latin1")], "😀".repeat(120)],
])("%s is read", (_, keys, value) => {
  expect(idempotencyKeyOf(requestWith(...keys))).toEqual({ ok: true, value });
});

it.each([
  ["an empty key", [""]],
  ["an empty quoted key", ['""']],
  ["a key that is too long", ["k".repeat(121)]],
  ["a quote that is not closed", ['"abc']],
  ["a quote in a bare key", ['a"b']],
  ["something behind the quote", ['"abc";a=1']],
  ["an escape of another character", ['"a\\b"']],
  ["quoted text outside of ASCII", [`"${Buffer.from("é").toString("latin1")}"`]],
  ["bytes that are not UTF-8", ["cl\u00e9"]],
  ["two keys", ["a", "b"]],
])("%s is refused, and the fault names the header", (_, keys) => {
  const parsed = idempotencyKeyOf(requestWith(...keys));
  expect(parsed).toMatchObject({
    ok: false,
    faults: [{ pointer: "", rule: expect.stringContaining("Idempotency-Key") }],
  });
});
