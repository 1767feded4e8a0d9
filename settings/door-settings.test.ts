import { expect, it } from "vitest";
import { doorSettings } from "./door-settings.ts";
import { readSettings } from "./read.ts";

const headerOf = (name: string) => readSettings(doorSettings, { PULSE_USER_HEADER: name }).userHeader;

it("the header with a proxy's user is one of any name, as node has it", () => {
  expect(headerOf("X-Forwarded-Email")).toBe("x-forwarded-email");
  expect(headerOf("x-token-user")).toBe("x-token-user");
});

it.each(["Authorization", "proxy-authorization", "cookie", "x-forwarded-access-token", "x user"])(
  "%j is refused for it, whose value would be in the log or is no name",
  (name) => {
    expect(() => headerOf(name)).toThrow(
      /^PULSE_USER_HEADER: Expected the name of a header that holds no token and no cookie, got/,
    );
  },
);
