import { afterEach, expect, it, vi } from "vitest";
import { requireTools } from "./tools.ts";

afterEach(() => vi.unstubAllEnvs());

it("names every missing tool and where to get it", () => {
  vi.stubEnv("PATH", "/nowhere");
  expect(() => requireTools("docker", "kind", "terraform")).toThrow(
    /^Expected docker on the PATH, got none: get it from https:.*\nExpected kind .*\nExpected terraform .*install$/,
  );
});
