import { once } from "node:events";
import type { Server as HttpServer } from "node:http";
import { type AddressInfo, createServer, type Server as NetServer } from "node:net";

/** Every address of this machine, of both families. */
export const EVERY_ADDRESS = "::";
/** This machine's programs alone reach these. */
export const LOOPBACK: readonly string[] = ["127.0.0.1", "::1"];

/** Where a server listens for a PULSE_LISTEN_ADDRESS: at that address, and at loopback in both families. */
export function addressesOf(address: string): [string, ...string[]] {
  if (address === EVERY_ADDRESS) return [EVERY_ADDRESS];
  // 0.0.0.0 has 127.0.0.1 in it.
  if (address === "0.0.0.0") return [address, "::1"];
  return ["127.0.0.1", "::1", ...(address === "localhost" || LOOPBACK.includes(address) ? [] : [address])];
}

/** Whether only this machine's programs reach a server at that PULSE_LISTEN_ADDRESS. */
export function isLoopback(address: string): boolean {
  return addressesOf(address).every((one) => LOOPBACK.includes(one));
}

/**
 * Takes connections at another address for a server that listens already, at the same port unless one is given.
 * @returns what listens there; `undefined` on a machine without IPv6
 */
export async function listenToo(
  server: HttpServer,
  address: string,
  port = (server.address() as AddressInfo).port,
): Promise<NetServer | undefined> {
  // As http.Server listens: a client that has sent its request may close its half, and answers leave at once.
  const other = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => server.emit("connection", socket));
  try {
    other.listen(port, address);
    await once(other, "listening");
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (address === "::1" && ["EADDRNOTAVAIL", "EAFNOSUPPORT"].includes(code)) return undefined;
    throw error;
  }
  server.once("close", () => other.close());
  return other;
}
