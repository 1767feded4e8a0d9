import { expect, it, vi } from "vitest";
import { Pace } from "../../http/pace.ts";
import { host } from "../testing/ingest-and-broker.ts";

const begin = vi.spyOn(Pace.prototype, "begin");

it.each([
  ["POST", "/pulse", 1],
  ["POST", "/v1/traces", 1],
  ["POST", "/api/v2/spans", 1],
  ["POST", "/ping/checkout", 1],
  ["GET", "/ping/checkout", 1],
  ["GET", "/metrics", 0],
  ["GET", "/health/ready", 0],
])("%s %s begins when its client has left others enough time: %i", async (method, path, times) => {
  begin.mockClear();
  const headers = { "content-type": "application/json" };
  await fetch(`${host.url}${path}`, { method, ...(method === "POST" && { headers, body: "[]" }) });
  expect(begin).toHaveBeenCalledTimes(times);
});
