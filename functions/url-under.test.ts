import { expect, it } from "vitest";
import { urlUnder } from "./url-under.ts";

it.each([
  ["http://localhost:8082", "http://localhost:8082/health/ready"],
  ["http://localhost:8082/", "http://localhost:8082/health/ready"],
  ["https://gateway.example/persist", "https://gateway.example/persist/health/ready"],
  ["https://gateway.example/persist/?a=b", "https://gateway.example/persist/health/ready"],
])("a path under %s is %s", (base, url) => {
  expect(urlUnder(new URL(base), "/health/ready").href).toBe(url);
});
