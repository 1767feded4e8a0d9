import type { Server } from "node:http";
import type { Socket } from "node:net";
import { networkOf } from "./client.ts";
import type { Connection } from "./drain.ts";
import { Places } from "./places.ts";
import { problem } from "./problem.ts";
import type { HttpReply } from "./route.ts";

/** An idle connection takes some 10 KB, a third of it in V8's heap. */
const MAX_CONNECTIONS = 5000;
/** Requests that a connection may bring before the answer to its first: clients send one after the other. */
const MAX_PIPELINED = 1000;
/** Of all connections. One that waits takes some 2 KB; without pipelining there are no more than connections. */
const MAX_UNANSWERED = 10_000;

/**
 * Bounds the open connections of a server: beyond it the newest one of the address that has most is closed for a newcomer, or
 * else the newcomer's. A connection has no token yet, so that addresses share here.
 */
export function boundConnections(server: Server, max = MAX_CONNECTIONS): void {
  const places = new Places(max);
  server.on("connection", (socket: Socket) => {
    const leave = places.take(networkOf(socket.remoteAddress ?? ""), () => socket.destroy());
    if (leave === undefined) socket.destroy();
    else socket.once("close", leave);
  });
}

/** Whether a connection has brought more requests before their answers than it may. @param unanswered of all connections */
export function hasTooMany(connection: Pick<Connection, "unanswered">, unanswered: number): boolean {
  return connection.unanswered > MAX_PIPELINED || (connection.unanswered > 1 && unanswered > MAX_UNANSWERED);
}

/** For the log: an answer would have to wait for those before it, and node would read on. */
export function tooManyAhead(): HttpReply {
  return problem(
    429,
    "Too many requests",
    "Expected fewer requests on a connection before the answer to the first one.",
  );
}
