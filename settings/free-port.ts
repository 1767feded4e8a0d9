import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

// Below what Linux gives out by itself (32768–60999), and below Kubernetes' node ports: between the moment a port is
// found free and the moment somebody listens on it, no other connection or server is given it by chance.
const FIRST = 10_000;
const COUNT = 20_000;

// Processes that look at the same time hardly ever begin at the same place. One made from the process id would be the same
// for ids some hundreds apart, and a run of the tests goes through thousands.
let next = randomInt(COUNT);

/** A port that nobody listens on, and that this process has not given out for long. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < COUNT; tries++) {
    const port = FIRST + next;
    next = (next + 1) % COUNT;
    if (await isFree(port)) return port;
  }
  throw new Error(`Expected a free port from ${FIRST} to ${FIRST + COUNT - 1}, got none`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port);
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
