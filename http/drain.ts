import type { Server } from "node:http";
import { Server as NetServer, type Socket } from "node:net";
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import type { HttpReply } from "./route.ts";

/** How long new connections may keep a stopping server listening. */
const MAX_TAKING_MS = 5000;
const POLL_MS = 10;

/** A client's connection, with its requests that are not answered yet. */
export interface Connection {
  unanswered: number;
  isOpen: boolean;
  /** The newest request, while it is unanswered. */
  newest: NewestRequest | undefined;
}

export interface NewestRequest {
  /** Ends the connection with the answer to this request, or with `reply` where the request is not whole. */
  endConnection(reply: HttpReply): void;
}

/** Counts the requests of a server and lets it stop without failing any. */
export class Drain {
  readonly #server: Server;
  readonly #others: NetServer[] = [];
  readonly #connections = new Map<Socket, Connection>();
  #events = 0;
  #inFlight = 0;
  #lastActivity = 0;
  /** Answers say `Connection: close` meanwhile. */
  isDraining = false;

  constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket: Socket) => {
      this.#events++;
      this.#track(socket);
    });
  }

  /** The open connections. */
  sockets(): Iterable<Socket> {
    return this.#connections.keys();
  }

  /** Stops another listener, whose connections are the server's, together with it. */
  add(listener: NetServer): void {
    this.#others.push(listener);
  }

  /** Notes a request on a connection; {@link ended} takes what this returns once the request is answered. */
  started(socket: Socket, request: NewestRequest): Connection {
    // A server that listened before this was made may have connections that are unknown here.
    const connection = this.#connections.get(socket) ?? this.#track(socket);
    this.#events++;
    this.#inFlight++;
    connection.unanswered++;
    connection.newest = request;
    return connection;
  }

  /** How many requests are not answered yet. */
  get unanswered(): number {
    return this.#inFlight;
  }

  ended(connection: Connection, request: NewestRequest): void {
    if (connection.newest === request) connection.newest = undefined;
    if (!connection.isOpen) return;
    this.#events++;
    this.#inFlight--;
    connection.unanswered--;
    if (this.isDraining) this.#lastActivity = performance.now();
  }

  /** Ends a connection that brings nothing more, with the answer to its newest request. */
  endAfterNewest(socket: Socket, reply: HttpReply): void {
    this.#connections.get(socket)?.newest?.endConnection(reply);
  }

  /**
   * Stops listening, then waits until every request has its answer and the connections are gone or quiet.
   * http.Server.close() would cut idle keep-alive connections at once, and with them the request that a client has just
   * put on one; net.Server.close() only stops listening.
   * @param quietMs how long the server must hear nothing before open connections count as idle and are closed.
   * @returns whether everything was answered within `graceMs`.
   */
  async drain(graceMs: number, quietMs: number): Promise<boolean> {
    const deadline = performance.now() + graceMs;
    let hasClosed = false;
    await this.#takeQueued(Math.min(graceMs, MAX_TAKING_MS));
    // Not before: a client whose connection was closed would make another one just when listening ends.
    this.isDraining = true;
    this.#lastActivity = performance.now();
    const closed = [this.#server, ...this.#others].map(
      (listener) => new Promise<unknown>((resolve) => NetServer.prototype.close.call(listener, resolve)),
    );
    Promise.all(closed).then(() => {
      hasClosed = true;
    });
    while (!hasClosed && performance.now() < deadline) {
      if (this.#inFlight === 0 && performance.now() - this.#lastActivity > quietMs) this.#closeQuiet();
      await delay(POLL_MS);
    }
    const isComplete = this.#inFlight === 0;
    this.#server.closeAllConnections();
    return isComplete;
  }

  #track(socket: Socket): Connection {
    const connection: Connection = { unanswered: 0, isOpen: true, newest: undefined };
    this.#connections.set(socket, connection);
    socket.once("close", () => {
      this.#connections.delete(socket);
      // In node 20 only the first of several pipelined requests hears that its connection has gone.
      this.#inFlight -= connection.unanswered;
      connection.isOpen = false;
    });
    return connection;
  }

  // The kernel has made connections that node has not taken yet, and resets them when listening ends. A turn of the event
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
    for (const socket of this.#connections.keys()) if (socket.bytesRead === 0) socket.destroy();
  }
}
