import type { Socket } from "node:net";
import { problem } from "./problem.ts";
import { behindMs, LEAST_BYTES_PER_SECOND, lookEvery, type Mark } from "./progress.ts";
import type { HttpReply } from "./route.ts";

export interface UnreadAnswersOptions {
  /** The connections of the server. */
  sockets: () => Iterable<Socket>;
  /** How long a client may take less than {@link LEAST_BYTES_PER_SECOND} of what waits for it. */
  timeoutMs: number;
  /** Called for each connection that is cut, with a text for the log: nobody is left to send it to. */
  onCut: (reply: HttpReply) => void;
}

/**
 * Cuts connections whose clients take too little of their answers: streams, long bodies, and answers to requests that were
 * sent ahead. node's time-out of a socket starts again with each write, so that a stream with heartbeats never times out.
 */
export class UnreadAnswers {
  readonly #options: UnreadAnswersOptions;
  readonly #marks = new WeakMap<Socket, Mark>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: UnreadAnswersOptions) {
    this.#options = options;
    // One look at all connections costs less than a timer for each, and an answer that is taken at once costs nothing.
    this.#timer = lookEvery(Math.min(1000, options.timeoutMs / 4), (now) => this.#look(now));
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(now: number): void {
    const { sockets, timeoutMs, onCut } = this.#options;
    for (const socket of sockets()) {
      if (socket.writableLength === 0) {
        this.#marks.delete(socket); // nothing waits for the client: a stream that has no news is well
        continue;
      }
      const taken = takenOf(socket);
      const mark = this.#marks.get(socket);
      if (mark === undefined) this.#marks.set(socket, { markedAt: now, markedBytes: taken });
      else if (behindMs(mark, now, taken) >= timeoutMs) {
        socket.destroy();
        onCut(unread(timeoutMs));
      }
    }
  }
}

/** The bytes that the kernel has taken. node's own time-outs look at the queue, too: no public property tells its length. */
function takenOf(socket: Socket): number {
  const { _handle } = socket as Socket & { _handle?: { bytesWritten: number; writeQueueSize: number } | null };
  return _handle ? _handle.bytesWritten - _handle.writeQueueSize : 0;
}

function unread(timeoutMs: number): HttpReply {
  const detail = `Expected a client that takes ${LEAST_BYTES_PER_SECOND} bytes of its answer a second, got less for ${timeoutMs} ms.`;
  return problem(408, "Answer not taken", detail);
}
