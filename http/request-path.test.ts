import type { IncomingMessage } from "node:http";
import { expect, it } from "vitest";
import { createShownPath } from "./request-path.ts";
import type { Route } from "./route.ts";

const routes = [
  "/",
  "/pulse",
  "/ping/{service}",
  "/ping/{token}/{service}",
  "/api/v1/endpoints/{service}/external",
].map((path): Route => ({ method: "POST", path, handle: () => ({ status: 200 }) }));
const shown = createShownPath(routes);
const shownOf = (url: string, route?: Route) => shown({ url } as IncomingMessage, route);

it("a line about a request of a route has the route's path, without the values of its names", () => {
  expect(shownOf("/ping/s3cret/job?x=s3cret", routes[3])).toBe("/ping/{token}/{service}");
});

it.each([
  ["/", "/"],
  ["/pulse", "/pulse"],
  ["/pulse?s3cret", "/pulse"],
  ["/s3cret", "/…"],
  ["/pulse/s3cret", "/pulse/…"],
  ["/pulses3cret", "/…"],
  ["/Ping/s3cret/job", "/…"],
  ["/%70ing/s3cret/job", "/…"],
  ["//ping/s3cret/job", "//…"],
  ["/ping/s3cret/job/more/of/it", "/ping/…"],
  ["/api/v1/endpoints/s3cret/job/external", "/api/v1/endpoints/…"],
  ["/external/s3cret", "/…"],
  ["http://s3cret@host/ping/s3cret/job/1", "/ping/…"],
  ["s3cret:80", "…"],
  ["s3cret", "…"],
  ["", ""],
])("a line about a request of no route at %s has %s", (url, path) => {
  expect(shownOf(url)).toBe(path);
});
