import { describe, expect, it } from "vitest";
import { addressesOf, isLoopback } from "./listening.ts";

describe("a listening address", () => {
  it.each([
    ["localhost", ["127.0.0.1", "::1"], true],
    ["127.0.0.1", ["127.0.0.1", "::1"], true],
    ["::1", ["127.0.0.1", "::1"], true],
    ["192.0.2.1", ["127.0.0.1", "::1", "192.0.2.1"], false],
    ["2001:db8::1", ["127.0.0.1", "::1", "2001:db8::1"], false],
    ["0.0.0.0", ["0.0.0.0", "::1"], false],
    ["::", ["::"], false],
  ])("of %s stands for %j", (address, addresses, isLocal) => {
    expect([addressesOf(address), isLoopback(address)]).toEqual([addresses, isLocal]);
  });
});
