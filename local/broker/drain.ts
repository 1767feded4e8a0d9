import type { Server } from "node:http";
import { Server as NetServer } from "node:net";

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
   * @param quietMs how long the server must hear nothing before open connections count as idle.
   * @returns whether everything was answered within `graceMs`.
   */
  async drain(graceMs: number, quietMs: number): Promise<boolean> {
    this.isDraining = true;
    this.#lastActivity = performance.now();
    const deadline = this.#lastActivity + graceMs;
    let isClosed = false;
    NetServer.prototype.close.call(this.#server, () => {
      isClosed = true;
    });
    while (!isClosed && performance.now() < deadline) {
      const isQuiet = this.#inFlight === 0 && performance.now() - this.#lastActivity > quietMs;
      if (isQuiet) this.#server.closeIdleConnections();
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    const isComplete = this.#inFlight === 0;
    this.#server.closeAllConnections();
    return isComplete;
  }
}
