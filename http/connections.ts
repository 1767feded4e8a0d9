import type { Server } from "node:http";
import type { Socket } from "node:net";
import { networkOf } from "./client.ts";
import { Places } from "./places.ts";

/** An idle connection takes some 10 KB, a third of it in V8's heap. */
const MAX_CONNECTIONS = 5000;

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
