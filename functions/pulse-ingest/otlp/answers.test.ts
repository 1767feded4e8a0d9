import { fromBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { badRequest, problem, tryLater } from "../../../http/problem.ts";
import type { HttpReply } from "../../../http/route.ts";
import { type Form, statusOf } from "./answers.ts";
import { STATUS } from "./testing/otlp-requests.ts";

const TYPES = { protobuf: "application/x-protobuf", json: "application/json" };

/** A refusal as an exporter of that form reads it. */
function read(form: Form, reply: HttpReply) {
  const { status, headers, body } = statusOf(reply, { "content-type": TYPES[form] });
  expect(headers?.["content-type"]).toBe(TYPES[form]);
  const read = form === "json" ? JSON.parse(body as string) : fromBinary(STATUS, body as Buffer);
  const { code, message } = read as { code: number; message: string };
  return { status, code, message, wait: headers?.["retry-after"] };
}

// The codes are those of google.rpc.Code (https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto).
describe.each(["protobuf", "json"] as const)("a refusal in %s", (form) => {
  it.each([
    [400, 400, "INVALID_ARGUMENT", 3],
    [401, 401, "UNAUTHENTICATED", 16],
    [403, 403, "PERMISSION_DENIED", 7],
    [404, 404, "NOT_FOUND", 5],
    [413, 413, "RESOURCE_EXHAUSTED", 8],
    [415, 415, "INVALID_ARGUMENT", 3],
    [422, 422, "INVALID_ARGUMENT", 3],
  ])(
    "that is final keeps its status %i, and a Status says its code: an exporter drops the data",
    (given, status, _, code) => {
      const message = "Expected something else, got ü.";
      expect(read(form, problem(given, "Refused", message))).toEqual({ status, code, message, wait: undefined });
    },
  );

  it.each([
    ["too many requests", tryLater(429, "Too many.", 1000), 429, 8, "1"],
    ["a broker that is away", tryLater(503, "Away.", 2000), 503, 14, "2"],
    ["a connection that is slow", problem(408, "Timeout", "Slow."), 503, 14, "1"],
    ["a defect", problem(500, "Internal error", "A defect."), 503, 14, "1"],
  ])("for %s has a status after which an exporter tries again, and says when", (_, reply, status, code, wait) => {
    expect(read(form, reply)).toMatchObject({ status, code, wait });
  });

  it("of a request with faults has each rule once, and no more than ten", () => {
    const faults = Array.from({ length: 30 }, (_, i) => ({ pointer: "", rule: `Rule ${i % 15}`, got: "null" }));
    const { message } = read(form, badRequest(faults));
    expect(message).toBe(Array.from({ length: 10 }, (_, i) => `Rule ${i}, got null`).join("; "));
  });

  it("without a content type is in JSON", () => {
    expect(statusOf(problem(415, "Unsupported", "None."), {}).headers).toEqual({ "content-type": "application/json" });
  });
});
