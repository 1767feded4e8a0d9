import { createServer } from "node:net";
import { freePort } from "../../settings/free-port.ts";

/** The port if it can be listened on at all the addresses. @throws naming the port and the setting that changes it. */
export async function insistOnFreePort(port: number, addresses: readonly string[], setting: string): Promise<void> {
  for (const address of addresses) {
    const code = await tryPort(port, address);
    if (code === undefined) continue;
    if (code === "EADDRNOTAVAIL") {
      throw new Error(
        `Expected the address ${address} on this machine, got none: add it (macOS: sudo ifconfig lo0 alias ${address})`,
      );
    }
    throw new Error(`Expected port ${port} of ${address} to be free, got ${code}: set ${setting} to another`);
  }
}

/** A port that is free at all the addresses now. */
export async function findFreePort(addresses: readonly string[]): Promise<number> {
  for (let tries = 0; tries < 20; tries++) {
    const port = await freePort();
    const codes = await Promise.all(addresses.map((address) => tryPort(port, address)));
    if (codes.every((code) => code === undefined)) return port;
    if (codes.includes("EADDRNOTAVAIL")) await insistOnFreePort(port, addresses, "");
  }
  throw new Error(`Expected a port that is free on ${addresses.join(", ")}, got none in 20 tries`);
}

async function tryPort(port: number, address: string): Promise<string | undefined> {
  const server = createServer().listen(port, address);
  const code = await new Promise<string | undefined>((resolve) => {
    server.once("listening", () => resolve(undefined));
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? String(error)));
  });
  if (code === undefined) await new Promise((resolve) => server.close(resolve));
  return code;
}
