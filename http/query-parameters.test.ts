import { describe, expect, it } from "vitest";
import { flag, integer, text, word } from "../settings/field.ts";
import { faultsInQuery, moment, readQuery } from "./query-parameters.ts";

const definition = {
  limit: integer({ min: 1, max: 10, fallback: 5 }),
  from: moment,
  replayed: flag,
  reason: word(["a", "b"]),
  cursor: text("a cursor"),
};
const MOMENT = "Expected an RFC 3339 time with offset, or epoch milliseconds (since 2001), not seconds";
const read = (query: string) => readQuery(definition, new URLSearchParams(query));
const faultOf = (query: string) => {
  const parsed = read(query);
  return parsed.ok ? undefined : parsed.faults[0];
};

describe("a query", () => {
  it("has its defaults when nothing is given", () => {
    const nothing = { limit: 5, from: undefined, replayed: undefined, reason: undefined, cursor: undefined };
    expect(read("")).toEqual({ ok: true, value: nothing });
  });

  it("is read by each parameter's kind", () => {
    expect(read("limit=10&from=2026-01-02T03:04:05.678Z&replayed=false&reason=b&cursor=x%2By")).toEqual({
      ok: true,
      value: { limit: 10, from: 1767323045678, replayed: false, reason: "b", cursor: "x+y" },
    });
    expect(read("from=1767323045678&replayed=true")).toMatchObject({ value: { from: 1767323045678, replayed: true } });
  });

  it("takes an offset whose plus sign was not encoded", () => {
    expect(read("from=2026-01-02T04:04:05.678+01:00")).toMatchObject({ value: { from: 1767323045678 } });
  });

  it.each([
    ["limit=0", "/query/limit", "Expected an integer from 1 to 10", "another integer"],
    ["limit=11", "/query/limit", "Expected an integer from 1 to 10", "another integer"],
    ["limit=", "/query/limit", "Expected an integer from 1 to 10", "nothing"],
    ["limit=1e1", "/query/limit", "Expected an integer from 1 to 10", "text"],
    ["limit=1&limit=2", "/query/limit", "Expected it once", "2 of them"],
    ["from=2026-01-02", "/query/from", MOMENT, "text"],
    ["from=1767323045", "/query/from", MOMENT, "another integer"],
    ["from=978307199999", "/query/from", MOMENT, "another integer"],
    ["from=1767323045678901", "/query/from", MOMENT, "another integer"],
    ["from=253402300800000", "/query/from", MOMENT, "another integer"],
    ["from=9999-12-31T23:59:59-01:00", "/query/from", MOMENT, "text"],
    ["from=-1", "/query/from", MOMENT, "another integer"],
    ["replayed=yes", "/query/replayed", "Expected true or false", "text"],
    ["reason=c", "/query/reason", "Expected one of a, b", "text"],
    ["cursor=", "/query/cursor", "Expected a cursor", "nothing"],
    ["colour=red", "/query/colour", "Expected only limit, from, replayed, reason, cursor", "another parameter"],
    ["__proto__=1", "/query/__proto__", "Expected only limit, from, replayed, reason, cursor", "another parameter"],
    ["a/b=", "/query/a~1b", "Expected only limit, from, replayed, reason, cursor", "another parameter"],
  ])("is refused for %s", (query, pointer, rule, got) => {
    expect(faultOf(query)).toEqual({ pointer, rule, got });
  });

  it("takes times from 2001 on in epoch milliseconds, and any time as text", () => {
    expect(read("from=978307200000")).toMatchObject({ value: { from: 978_307_200_000 } });
    expect(read("from=1970-01-01T00:00:00.005Z")).toMatchObject({ value: { from: 5 } });
  });

  it("is read without what only keeps caches away", () => {
    expect(read("_=1767323045678&limit=10")).toMatchObject({ ok: true, value: { limit: 10 } });
    expect(readQuery({}, new URLSearchParams("_=1&_=2"))).toEqual({ ok: true, value: {} });
  });

  it("names every fault at once", () => {
    const parsed = read("limit=0&replayed=maybe&colour=red");
    expect(parsed.ok ? [] : parsed.faults.map(({ pointer }) => pointer)).toEqual([
      "/query/limit",
      "/query/replayed",
      "/query/colour",
    ]);
  });

  it("without any parameters says so", () => {
    expect(readQuery({}, new URLSearchParams("a=1"))).toMatchObject({ faults: [{ rule: "Expected no parameters" }] });
  });

  it("holds the faults that a store found in its arguments", () => {
    const fault = { pointer: "/cursor", rule: "Expected a cursor", got: "string" };
    expect(faultsInQuery([fault])).toEqual([{ ...fault, pointer: "/query/cursor" }]);
  });
});
