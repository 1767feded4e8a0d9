import type { Server } from "node:http";
import { Server as NetServer } from "node:net";

/** How long an open connection may stay quiet, once the server stops, before it counts as idle and is closed. */
const QUIET_MS = 500;
const POLL_MS = 10;

/** Counts the requests of a server and lets it stop without failing any. */
export class Drain {
  readonly #server: Server;
  #inFlight = 0;
  #lastActivity = 0;
  isDraining = false;

  constructor(server: Server) {
    this.#server = server;
  }

  started(): void {
    this.#inFlight++;
  }

  ended(): void {
    this.#inFlight--;
    this.#lastActivity = performance.now();
  }

  /**
   * Stops listening, then goes on answering on the open connections until they are gone or quiet. http.Server.close()
   * would cut idle ones at once, and with them the request that a client has just sent on one; net.Server's does not.
   * Answers are to say `Connection: close` meanwhile.
   * @returns whether everything was answered within `graceMs`.
   */
  async drain(graceMs: number): Promise<boolean> {
    this.isDraining = true;
    this.#lastActivity = performance.now();
    const deadline = this.#lastActivity + graceMs;
    let isClosed = false;
    NetServer.prototype.close.call(this.#server, () => {
      isClosed = true;
    });
    while (!isClosed && performance.now() < deadline) {
      const isQuiet = this.#inFlight === 0 && performance.now() - this.#lastActivity > QUIET_MS;
      if (isQuiet) this.#server.closeIdleConnections();
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    const isComplete = this.#inFlight === 0;
    this.#server.closeAllConnections();
    return isComplete;
  }
}
