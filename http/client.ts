// Who a request counts for, where clients share something: memory, places, turns.
import type { IncomingMessage } from "node:http";
import { isIP, isIPv6 } from "node:net";
import type { HttpRequest } from "./route.ts";

/** The named parts of a request's path; absent where no route was found for it. */
type Parameters = HttpRequest["parameters"] | undefined;

export interface ClientRules {
  /** How many proxies stand before the server, each of which adds the address of who asked it to X-Forwarded-For. */
  trustedProxies: number;
  /** The sender of a request, by a token that the server knows; `undefined` for a request without one. */
  senderOf?: ((headers: IncomingMessage["headers"], parameters: Parameters) => string | undefined) | undefined;
}

/** Who a request counts for: its token, else the address that the outermost trusted proxy saw, else the connection's. */
export function clientOf(
  { headers, socket }: IncomingMessage,
  { trustedProxies, senderOf }: ClientRules,
  parameters?: Parameters,
): string {
  const sender = senderOf?.(headers, parameters);
  if (sender !== undefined) return sender;
  return networkOf(forwardedFor(headers, trustedProxies) ?? socket.remoteAddress ?? "");
}

// Each proxy adds an address at the right end: what stands further to the left may be a client's invention.
function forwardedFor({ "x-forwarded-for": value }: IncomingMessage["headers"], proxies: number): string | undefined {
  if (proxies === 0 || typeof value !== "string") return undefined;
  const text = value.split(",").at(-proxies)?.trim() ?? "";
  // Some proxies add the port, too.
  const address = text.replace(/^\[(.*)\](?::\d+)?$/, "$1").replace(/^([\d.]+):\d+$/, "$1");
  return isIP(address) === 0 ? undefined : address;
}

let lastAddress = "";
let lastNetwork = "";

/** Who an address counts for. A client with IPv6 has all 2^64 addresses of a network, and may come from another one each time. */
export function networkOf(address: string): string {
  // Many requests are from the address of the one before. The text that was made then is also found sooner in a Map.
  if (address !== lastAddress) {
    lastNetwork = networkIn(address);
    lastAddress = address;
  }
  return lastNetwork;
}

function networkIn(address: string): string {
  if (!isIPv6(address)) return address;
  if (address.startsWith("::ffff:")) return address.slice("::ffff:".length);
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const last = tail === "" ? [] : tail.split(":");
    groups.push(...Array(Math.max(0, 8 - groups.length - last.length)).fill("0"), ...last);
  }
  return groups.slice(0, 4).join(":");
}
