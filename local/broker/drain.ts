import type { Server } from "node:http";
import { Server as NetServer, type Socket } from "node:net";
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";

const POLL_MS = 10;

interface Connection {
  unanswered: number;
  isOpen: boolean;
}

/** Counts the requests of a server and lets it stop without failing any. */
export class Drain {
  readonly #server: Server;
  readonly #connections = new WeakMap<Socket, Connection>();
  #inFlight = 0;
  #lastActivity = 0;
  isDraining = false;

  constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket: Socket) => {
      const connection: Connection = { unanswered: 0, isOpen: true };
      this.#connections.set(socket, connection);
      // Of pipelined requests only the first hears that its connection is gone: the others are taken off the count here.
      socket.once("close", () => {
        connection.isOpen = false;
        this.#inFlight -= connection.unanswered;
      });
    });
  }

  /** Notes a request on a connection; the function it returns is to be called once it is answered. */
  started(socket: Socket): () => void {
    const connection = this.#connections.get(socket) as Connection;
    connection.unanswered++;
    this.#inFlight++;
    return () => {
      if (!connection.isOpen) return;
      connection.unanswered--;
      this.#inFlight--;
      this.#lastActivity = performance.now();
    };
  }

  /**
   * Stops listening, then goes on answering on the open connections until they are gone or quiet. http.Server.close()
   * would cut idle ones at once, and with them the request that a client has just sent on one; net.Server's does not.
   * Answers are to say `Connection: close` meanwhile.
   * @param quietMs how long the server must hear nothing before open connections count as idle.
   * @returns whether everything was answered within `graceMs`.
   */
  async drain(graceMs: number, quietMs: number): Promise<boolean> {
    this.isDraining = true;
    this.#lastActivity = performance.now();
    const deadline = this.#lastActivity + graceMs;
    let isClosed = false;
    // The close resets connections that the kernel has taken and Node has not: right after a poll there are none.
    await nextTurn();
    NetServer.prototype.close.call(this.#server, () => {
      isClosed = true;
    });
    while (!isClosed && performance.now() < deadline) {
      const isQuiet = this.#inFlight === 0 && performance.now() - this.#lastActivity > quietMs;
      if (isQuiet) this.#server.closeIdleConnections();
      await delay(POLL_MS);
    }
    const isComplete = this.#inFlight === 0;
    this.#server.closeAllConnections();
    return isComplete;
  }
}
