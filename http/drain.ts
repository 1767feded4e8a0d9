import { Server, type Socket } from "node:net";
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";

/** How long an open connection may stay quiet, once the server stops, before it counts as idle and is closed. */
const QUIET_MS = 500;

/** How long new connections may keep the server listening once it is told to stop. */
const MAX_TAKING_MS = 5000;

/** What {@link Drain} needs of an http.Server. */
interface DrainableServer extends Server {
  closeIdleConnections(): void;
  closeAllConnections(): void;
}

/** Counts the requests of a server and lets it stop without failing any. */
export class Drain {
  readonly #server: DrainableServer;
  readonly #sockets = new Set<Socket>();
  #events = 0;
  #inFlight = 0;
  #lastActivity = 0;
  isDraining = false;

  constructor(server: DrainableServer) {
    this.#server = server;
    server.on("connection", (socket) => {
      this.#events++;
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  started(): void {
    this.#events++;
    this.#inFlight++;
  }

  ended(): void {
    this.#events++;
    this.#inFlight--;
    if (this.isDraining) this.#lastActivity = performance.now();
  }

  /**
   * Stops listening, then waits until every request has its answer and the connections are gone or quiet.
   * http.Server.close() would cut idle keep-alive connections at once, and with them the request that a client has just
   * put on one: net.Server's only stops listening. Answers say `Connection: close` meanwhile (see serve.ts).
   * @returns whether everything was answered within `graceMs`.
   */
  async drain(graceMs: number): Promise<boolean> {
    const deadline = performance.now() + graceMs;
    let hasClosed = false;
    await this.#takeQueued(Math.min(graceMs, MAX_TAKING_MS));
    // Not before: a client whose connection was closed would make another one just when listening ends.
    this.isDraining = true;
    this.#lastActivity = performance.now();
    Server.prototype.close.call(this.#server, () => {
      hasClosed = true;
    });
    while (!hasClosed && performance.now() < deadline) {
      if (this.#inFlight === 0 && performance.now() - this.#lastActivity > QUIET_MS) this.#closeQuiet();
      await delay(10);
    }
    const isComplete = this.#inFlight === 0;
    this.#server.closeAllConnections();
    return isComplete;
  }

  // The kernel has made connections that were not taken yet, and resets them when listening ends. A turn of the event
  // loop takes one of them, and a client that was answered in it may have made another: listening ends right after
  // a turn in which nothing happened.
  async #takeQueued(maxMs: number): Promise<void> {
    const deadline = performance.now() + maxMs;
    let before: number;
    do {
      await delay(1);
      before = this.#events;
      await nextTurn();
    } while (this.#events !== before && performance.now() < deadline);
  }

  #closeQuiet(): void {
    this.#server.closeIdleConnections();
    // To node a connection that never said a word is not idle: it waits for its headers.
    for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy();
  }
}
