import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** A TCP proxy in front of a node: what a network does to connections, without harm to a node that others use too. */
export interface TestProxy {
  /** As a contact point. */
  address: string;
  /** Takes connections, on the same port each time. */
  open(): Promise<void>;
  /** Breaks all connections and refuses new ones. */
  cut(): Promise<void>;
  /** Keeps connections and lets nothing through, until `thaw`. */
  freeze(): void;
  thaw(): void;
}

/** Makes a proxy that is not open yet. */
export async function createProxy(target: string): Promise<TestProxy> {
  const at = target.lastIndexOf(":");
  const [host, targetPort] = [target.slice(0, at), Number(target.slice(at + 1))];
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  let isFrozen = false;
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));

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

  return {
    address: `127.0.0.1:${port}`,
    async open() {
      server = createServer(join).listen(port, "127.0.0.1");
      await once(server, "listening");
    },
    async cut() {
      const closed = new Promise((resolve) => server?.close(resolve) ?? resolve(undefined));
      for (const socket of sockets) socket.destroy();
      await closed;
      server = undefined;
    },
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
