import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { expect, it } from "vitest";
import { clientOf } from "./client.ts";

function requestOf(address: string, headers: Record<string, string> = {}): IncomingMessage {
  const socket = new Socket();
  Object.defineProperty(socket, "remoteAddress", { value: address });
  return Object.assign(new IncomingMessage(socket), { headers });
}

const forwarded = (value: string) => requestOf("10.0.0.9", { "x-forwarded-for": value });

it("without a trusted proxy a request counts for the address of its connection, whatever it says", () => {
  expect(clientOf(forwarded("192.0.2.1"), { trustedProxies: 0 })).toBe("10.0.0.9");
});

it.each([
  [1, "192.0.2.1", "192.0.2.1"],
  [1, "203.0.113.7, 192.0.2.1", "192.0.2.1"],
  [2, "203.0.113.7, 192.0.2.1,10.0.0.8", "192.0.2.1"],
  [1, "192.0.2.1:4711", "192.0.2.1"],
  [1, "[2001:db8:1:2::7]:4711", "2001:db8:1:2"],
  [2, "192.0.2.1", "10.0.0.9"],
  [1, "unknown", "10.0.0.9"],
  [1, "", "10.0.0.9"],
])("with %i trusted proxies and X-Forwarded-For: %s it counts for %s", (trustedProxies, value, client) => {
  expect(clientOf(forwarded(value), { trustedProxies })).toBe(client);
});

it.each([
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["::1", "0:0:0:0"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["2001:db8::6", "2001:db8:0:0"],
  ["2001:db8:1::4:5:6:7", "2001:db8:1:0"],
])("the address %s counts as %s: a network of IPv6 is one client", (address, client) => {
  expect(clientOf(requestOf(address), { trustedProxies: 0 })).toBe(client);
});

it("a token counts before an address", () => {
  const rules = { trustedProxies: 1, senderOf: ({ authorization }: IncomingMessage["headers"]) => authorization };
  expect(clientOf(requestOf("10.0.0.9", { authorization: "one" }), rules)).toBe("one");
  expect(clientOf(requestOf("10.0.0.9"), rules)).toBe("10.0.0.9");
});

it("a token may be in the path", () => {
  const rules = { trustedProxies: 0, senderOf: (_: unknown, parameters?: Record<string, string>) => parameters?.token };
  expect(clientOf(requestOf("10.0.0.9"), rules, { token: "one" })).toBe("one");
  expect(clientOf(requestOf("10.0.0.9"), rules)).toBe("10.0.0.9");
});
