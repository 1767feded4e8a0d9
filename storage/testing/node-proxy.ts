import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A TCP proxy in front of a node: what a network does to connections, without harm to a node that others use too. */
export interface NodeProxy {
  /** As a contact point. */
  address: string;
  /** The connections that are open. */
  readonly connections: number;
  /** Takes connections again after a cut, on the same port. */
  open(): Promise<void>;
  /** Breaks all connections and refuses new ones. */
  cut(): Promise<void>;
  /** Keeps connections and lets nothing through, until `thaw`. */
  freeze(): void;
  thaw(): void;
}

/** Opens a proxy; the end of the test cuts it. */
export async function openNodeProxy(target: string): Promise<NodeProxy> {
  const at = target.lastIndexOf(":");
  const [host, targetPort] = [target.slice(0, at), Number(target.slice(at + 1))];
  const sockets = new Set<Socket>();
  let server: Server;
  let port = 0;
  let isFrozen = false;

  function join(client: Socket): void {
    const node = connect(targetPort, host);
    for (const [from, to] of [
      [client, node],
      [node, client],
    ] as const) {
      sockets.add(from);
      from.on("data", (chunk) => to.write(chunk));
      from.on("error", () => {});
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
      if (isFrozen) from.pause();
    }
  }

  async function open(): Promise<void> {
    server = createServer(join).listen(port, "127.0.0.1");
    await once(server, "listening");
    port = (server.address() as AddressInfo).port;
  }

  async function cut(): Promise<void> {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  }

  await open();
  onTestFinished(cut);
  return {
    address: `127.0.0.1:${port}`,
    get connections() {
      return sockets.size / 2;
    },
    open,
    cut,
    freeze() {
      isFrozen = true;
      for (const socket of sockets) socket.pause();
    },
    thaw() {
      isFrozen = false;
      for (const socket of sockets) socket.resume();
    },
  };
}
