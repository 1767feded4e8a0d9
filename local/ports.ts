import { once } from "node:events";
import { connect, createServer } from "node:net";

/** A port that somebody is going to listen on. */
export interface PortClaim {
  name: string;
  port: number;
  /** The setting that changes it. */
  portVariable: string;
}

/** One sentence for every port that cannot be had; none when all can. */
export async function findPortFaults(claims: readonly PortClaim[]): Promise<string[]> {
  const faults: string[] = [];
  const owners = new Map<number, PortClaim>();
  for (const claim of claims) {
    const { name, port, portVariable } = claim;
    const owner = owners.get(port);
    owners.set(port, owner ?? claim);
    if (owner !== undefined) {
      faults.push(`${portVariable}: Expected a port of its own for ${name}, got ${port}, which is ${owner.name}'s`);
    } else if (await isInUse(port)) {
      const remedy = `stop what listens there, or set ${portVariable} to another port`;
      faults.push(`${portVariable}: Expected a free port for ${name}, got ${port}, which is in use: ${remedy}`);
    }
  }
  return faults;
}

// Some systems let one listen on all addresses although somebody listens on the local one: hence both questions.
async function isInUse(port: number): Promise<boolean> {
  return (await isAnswered(port, "127.0.0.1")) || (await isAnswered(port, "::1")) || !(await canListen(port));
}

async function isAnswered(port: number, host: string): Promise<boolean> {
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

async function canListen(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port);
    await once(server, "listening");
    server.close();
    await once(server, "close");
    return true;
  } catch {
    return false;
  }
}
