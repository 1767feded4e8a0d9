import fc from "fast-check";

/** Characters that programs have stumbled over. */
const EDGES = [
  ..."\u0000\u0001\u0007\b\t\n\v\f\r\u001b\u007f\u0080\u0085\u00a0\u00ad\u0130\u0131\u0301\u034f\u061c\u200b\u200d\u200e\u202e",
  ..."\u2028\u2029\u2060\ud7ff\ue000\ufdd0\ufeff\ufffd\ufffe\uffffßéﬀ",
  ..."𝒳😀\u{1f1e9}\u{e0001}\u{10ffff}",
  ..."~/\\\"'`%+&=?#<>{}[]();:,.|$^*! ",
];

/** One character (code point). */
export const character = fc.oneof(
  fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 1 }),
  fc.constantFrom(...EDGES),
  fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
);

/** Words that mean something to some program. */
const WORDS = fc.constantFrom(
  "__proto__",
  "constructor",
  "toString",
  "null",
  "NaN",
  "true",
  "0",
  "-1",
  "1e5",
  "%00",
  "%2F",
  "a%20b",
  "100%",
  "..",
  "../x",
  "{}",
  "[object Object]",
  "' OR 1=1 --",
);

/** Text of `min` to `max` characters, mostly short, now and then as long as it may be. */
export function text(min: number, max: number): fc.Arbitrary<string> {
  const short = fc.array(character, { minLength: min, maxLength: Math.min(max, 16) }).map((all) => all.join(""));
  const words = WORDS.filter((word) => word.length >= min && word.length <= max);
  const longest = fc.tuple(character, character).map(([one, last]) => one.repeat(max - 1) + last);
  return fc.oneof({ weight: 8, arbitrary: short }, { weight: 2, arbitrary: words }, { weight: 1, arbitrary: longest });
}

/** Text of one character more than it may have. */
export function tooLong(max: number): fc.Arbitrary<string> {
  return fc.tuple(character, character).map(([one, last]) => one.repeat(max) + last);
}

/** Text with a half of a surrogate pair, which has no UTF-8 form. */
export const brokenText = fc
  .tuple(
    fc.constantFrom("", "a", "é"),
    fc.constantFrom("\ud800", "\udbff", "\udc00", "\udfff"),
    fc.constantFrom("", "b"),
  )
  .map((parts) => parts.join(""));

/** JSON of any kind except text. */
export const noText = fc.constantFrom<unknown>(true, false, 0, 12.5, [], ["ok"], {}, { a: "b" });
export const anyJson = fc.oneof(noText, text(0, 8), fc.constant(null));
