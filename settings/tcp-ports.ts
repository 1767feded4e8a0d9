// TCP ports of this machine: which ones are free, and what to say of a setting that names one that is not.
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { connect, createServer } from "node:net";

// Below the ports that Linux gives to outgoing connections (32768–60999) and below Kubernetes' node ports: no other
// program gets such a port by chance between the moment this module finds it free and the moment a server listens there. And above
// 10080, the last port to which browsers and `fetch` make no request (Fetch standard, "bad port").
const FIRST = 11_000;
const COUNT = 19_000;

// A random start: processes that search at the same time rarely try the same ports. The process id would not do, since
// test runs go through thousands of ids and ids some hundreds apart would start alike.
let next = randomInt(COUNT);

/** A port on which nothing listens at the given addresses, by default at any. Returns a different one each time. */
export async function freePort(addresses?: readonly string[]): Promise<number> {
  for (let tries = 0; tries < COUNT; tries++) {
    const port = FIRST + next;
    next = (next + 1) % COUNT;
    if ((await findListenError(port, addresses)) === undefined) return port;
  }
  throw new Error(`Expected a free port from ${FIRST} to ${FIRST + COUNT - 1}, got none`);
}

/** Checks that a server can listen on a port at all the addresses. @throws naming the port and the setting to change */
export async function requireFreePort(port: number, addresses: readonly string[], setting: string): Promise<void> {
  const error = await findListenError(port, addresses);
  if (error === undefined) return;
  throw new Error(`Expected port ${port} of ${error.address} to be free, got ${error.code}: set ${setting} to another`);
}

/** A port on which a program is about to listen. */
export interface PortClaim {
  name: string;
  port: number;
  /** The setting that changes the port. */
  portVariable: string;
}

/** A sentence for each port that is in use or claimed twice. */
export async function findPortFaults(claims: readonly PortClaim[]): Promise<string[]> {
  const faults: string[] = [];
  const owners = new Map<number, PortClaim>();
  for (const claim of claims) {
    const { name, port, portVariable } = claim;
    const owner = owners.get(port);
    owners.set(port, owner ?? claim);
    if (owner !== undefined) {
      faults.push(`${portVariable}: Expected a separate port for ${name}, got ${port}, which is ${owner.name}'s`);
    } else if (await isInUse(port)) {
      const remedy = `stop what listens there, or set ${portVariable} to another port`;
      faults.push(`${portVariable}: Expected a free port for ${name}, got ${port}, which is in use: ${remedy}`);
    }
  }
  return faults;
}

// Some systems let a server listen at all addresses although another one listens at the local one, so ask both ways.
async function isInUse(port: number): Promise<boolean> {
  const isAnswered = (await takesConnections("127.0.0.1", port)) || (await takesConnections("::1", port));
  return isAnswered || (await findListenError(port)) !== undefined;
}

/** Whether a server accepts connections there. */
export async function takesConnections(host: string, port: number): Promise<boolean> {
  const socket = connect({ port, host });
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** The first address at which no server can listen on the port, with the system's code. @throws for a missing address */
async function findListenError(
  port: number,
  addresses: readonly (string | undefined)[] = [undefined],
): Promise<{ address: string; code: string } | undefined> {
  for (const address of addresses) {
    const server = createServer();
    try {
      server.listen(port, address);
      await once(server, "listening");
      server.close();
      await once(server, "close");
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      if (code !== "EADDRNOTAVAIL") return { address: address ?? "any address", code };
      throw new Error(
        `Expected the address ${address} on this machine, got none: add it (macOS: sudo ifconfig lo0 alias ${address})`,
      );
    }
  }
  return undefined;
}
