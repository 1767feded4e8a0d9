import { describe, expect, it } from "vitest";
import { admitChange } from "./changes.ts";

const HOST = "localhost:8081";
const statusOf = (headers: Record<string, string>) => admitChange({ host: HOST, ...headers })?.status;

describe("a change", () => {
  it.each([
    ["a page of another site", { "sec-fetch-site": "cross-site" }],
    ["a page of a sibling's host", { "sec-fetch-site": "same-site" }],
    ["a typed address", { "sec-fetch-site": "none" }],
    ["an older browser on another site", { origin: "http://other.example" }],
    ["an older browser in a sandbox", { origin: "null" }],
    ["a page at another port", { origin: "http://localhost:3000" }],
  ])("is refused when %s asks for it", (_, headers) => {
    expect(statusOf(headers)).toBe(403);
  });

  it("may be asked for by a program, and by the page itself in a new and in an old browser", () => {
    expect(statusOf({})).toBeUndefined();
    expect(statusOf({ "sec-fetch-site": "same-origin" })).toBeUndefined();
    expect(statusOf({ origin: `http://${HOST}` })).toBeUndefined();
  });

  it("may be asked for by the page behind a proxy that names its host", () => {
    const origin = "http://pulse.example:8443";
    expect(statusOf({ origin, "x-forwarded-host": "pulse.example:8443" })).toBeUndefined();
    expect(statusOf({ origin, "x-forwarded-host": "pulse.example:8443, inner.example" })).toBeUndefined();
    expect(statusOf({ origin: "http://other.example", "x-forwarded-host": "pulse.example" })).toBe(403);
    expect(statusOf({ origin: "null", "x-forwarded-host": "" })).toBe(403);
  });

  it("is refused with the remedy where a proxy hides the page's host", () => {
    expect(admitChange({ host: HOST, origin: "http://pulse.example" })?.body).toContain("$http_host");
  });

  it.each([
    [{ "content-length": "2" }, 415],
    [{ "transfer-encoding": "chunked" }, 415],
    [{ "content-length": "2", "content-type": "text/plain;charset=UTF-8" }, 415],
    [{ "content-length": "2", "content-type": "application/x-www-form-urlencoded" }, 415],
    [{ "content-length": "2", "content-type": "application/json; charset=utf-8" }, undefined],
    [{ "content-length": "0" }, undefined],
  ])("with the headers %j is answered with %s", (headers, status) => {
    expect(statusOf(headers)).toBe(status);
  });
});
