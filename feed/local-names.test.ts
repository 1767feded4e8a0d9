import type { LookupAddress } from "node:dns";
import { describe, expect, it } from "vitest";
import { lookupHost } from "./local-names.ts";

function addressesOf(hostname: string, options: { all?: boolean; family?: number }) {
  return new Promise<string | LookupAddress[] | undefined>((resolve) => {
    lookupHost(hostname, options, (error, addresses) => resolve(error === null ? addresses : error.code));
  });
}

describe("the name of a host", () => {
  it.each(["pulse-ingest.default.localhost", "a.LOCALHOST", "a.localhost."])("%s is this machine", async (name) => {
    expect(await addressesOf(name, { all: true })).toEqual([
      { address: "127.0.0.1", family: 4 },
      { address: "::1", family: 6 },
    ]);
    expect(await addressesOf(name, {})).toBe("127.0.0.1");
    expect(await addressesOf(name, { family: 6 })).toBe("::1");
  });

  it.each([`${"x".repeat(64)}.invalid`, `${"x".repeat(64)}.localhost.invalid`])(
    "%s is left to the system",
    async (name) => {
      expect(await addressesOf(name, { all: true })).toBe("ENOTFOUND");
    },
  );
});
