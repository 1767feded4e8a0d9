import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { badRequest, problem, shortened, tryLater } from "./problem.ts";

// A fixed seed: each run has the same cases.
fc.configureGlobal({ seed: 20_261_124 });

const text = fc.string({ unit: "binary", maxLength: 2000 });

it("says that nothing was accepted where something was sent, and not of a query", () => {
  const detailOf = (...pointers: string[]) =>
    JSON.parse(String(badRequest(pointers.map((pointer) => ({ pointer, rule: "Expected", got: "" }))).body)).detail;
  expect(detailOf("/status", "/query")).toBe("2 faults found; nothing of the request was accepted.");
  expect(detailOf("/query/from")).toBe("1 fault found in the query.");
});

describe("a refusal with a limit", () => {
  const bodyOf = (reply: ReturnType<typeof problem>) => shortened(reply, 700).body as string;

  it("keeps to it for any detail, and stays a document with the beginning of the detail", () => {
    fc.assert(
      fc.property(text, (detail) => {
        const body = bodyOf(problem(400, "Rejected", detail));
        expect(Buffer.byteLength(body)).toBeLessThanOrEqual(700);
        expect(detail.toWellFormed().startsWith(JSON.parse(body).detail.toWellFormed().slice(0, -1))).toBe(true);
      }),
    );
  });

  it("keeps to it for any faults, and says how many of them it lists", () => {
    const fault = fc.record({
      pointer: text,
      rule: fc.constant("Expected 1 to 64 characters"),
      got: fc.constant("string"),
    });
    fc.assert(
      fc.property(fc.array(fault, { minLength: 1, maxLength: 1000 }), (faults) => {
        const body = bodyOf(badRequest(faults));
        expect(Buffer.byteLength(body)).toBeLessThanOrEqual(700);
        const { detail, errors = [] } = JSON.parse(body);
        if (errors.length < faults.length) expect(detail).toContain(`the first ${errors.length} of them listed`);
      }),
    );
  });

  it("is as it was when it is short", () => {
    const reply = tryLater(503, "The store is away.", 2000);
    expect(shortened(reply, 700)).toBe(reply);
  });

  it("keeps its headers and what the log says of it", () => {
    const long = { ...tryLater(503, "x".repeat(1000), 2000), trail: { eventId: "a" } };
    expect(shortened(long, 700)).toMatchObject({ headers: long.headers, trail: long.trail, status: 503 });
  });
});
