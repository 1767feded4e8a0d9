import { describe, expect, it } from "vitest";
import type { Route } from "./route.ts";
import { createRouter } from "./router.ts";

const route = (method: Route["method"], path: string): Route => ({ method, path, handle: () => ({ status: 200 }) });
const routes = [
  route("GET", "/"),
  route("POST", "/"),
  route("GET", "/services/{service}/pulses"),
  route("POST", "/letters/{id}"),
  route("POST", "/letters/all"),
  { ...route("GET", "/numbers/{number}"), forms: { number: /^\d+$/ } },
];
const find = createRouter(routes);

describe("a router", () => {
  it("finds a route by method and path, and HEAD as GET", () => {
    expect(find("GET", "/").route).toBe(routes[0]);
    expect(find("HEAD", "/").route).toBe(routes[0]);
    expect(find("POST", "/").route).toBe(routes[1]);
  });

  it("hands over the named segments, decoded", () => {
    const match = find("GET", "/services/a%2Fb%20c/pulses");
    expect(match).toMatchObject({ route: routes[2], parameters: { service: "a/b c" } });
  });

  it("finds a named segment that looks as the route says, and dots beside something else", () => {
    expect(find("GET", "/numbers/12")).toMatchObject({ parameters: { number: "12" } });
    expect(find("GET", "/services/.../pulses")).toMatchObject({ parameters: { service: "..." } });
  });

  it("prefers a literal path to a named segment", () => {
    expect(find("POST", "/letters/all").route).toBe(routes[4]);
    expect(find("POST", "/letters/one").route).toBe(routes[3]);
  });

  it.each([
    "/services//pulses",
    "/services/%2e/pulses",
    "/services/.%2E/pulses",
    "/numbers/1a",
    "/numbers/1%2F",
    "/services/%FF/pulses",
    "/services/a/b/pulses",
    "/services/a/pulses/",
    "//",
  ])("answers 404 for %s and names what there is", (path) => {
    const match = find("GET", path);
    expect(match).toMatchObject({ reply: { status: 404 } });
    expect("reply" in match && match.reply.body).toContain("GET /services/{service}/pulses");
  });

  it("answers 405 with every method that is allowed", () => {
    expect(find("DELETE", "/")).toMatchObject({ reply: { status: 405, headers: { allow: "GET, POST" } } });
    expect(find("POST", "/services/a/pulses")).toMatchObject({ reply: { status: 405, headers: { allow: "GET" } } });
    expect(find("GET", "/letters/all")).toMatchObject({ reply: { status: 405, headers: { allow: "POST" } } });
  });
});
