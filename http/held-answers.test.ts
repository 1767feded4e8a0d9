import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished, vi } from "vitest";
import { HeldAnswers } from "./held-answers.ts";
import { openRawConnection, type RawConnection, rawRequest } from "./testing/raw-connection.ts";

const MIB = 1024 * 1024;

/** A server whose answers are 12 MiB, of which 30 may wait; each connection is the client that its path names. */
async function open() {
  const cut: unknown[] = [];
  const answers = new HeldAnswers(({ status }) => cut.push(status), 30 * MIB);
  const body = Buffer.alloc(12 * MIB, "x");
  const server = createServer((request, response: ServerResponse) => {
    response.writeHead(200, { "content-length": body.length });
    answers.hold(response, body.length, () => request.url ?? "");
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const ask = async (client: string) => {
    const connection = await openRawConnection(port);
    onTestFinished(() => void connection.socket.destroy());
    connection.send(rawRequest(`GET ${client}`));
    return connection;
  };
  return { ask, cut };
}

it("cuts the newest answer of the client that lets most wait, and those who take theirs get them whole", async () => {
  const { ask, cut } = await open();
  const greedy: RawConnection[] = [];
  for (let i = 0; i < 2; i++) {
    const connection = await ask("/greedy");
    connection.socket.pause();
    greedy.push(connection);
  }
  const polite = await ask("/polite");
  expect((await polite.answer()).body).toHaveLength(12 * MIB);
  const [first, second] = greedy as [RawConnection, RawConnection];
  second.socket.resume();
  await vi.waitFor(() => expect(second.socket.destroyed).toBe(true));
  expect([first.socket.destroyed, cut]).toEqual([false, [408]]);
  first.socket.resume();
  expect((await first.answer()).body).toHaveLength(12 * MIB);
});

it("forgets answers that were taken", async () => {
  const { ask, cut } = await open();
  for (let i = 0; i < 5; i++) expect((await (await ask("/one")).answer()).body).toHaveLength(12 * MIB);
  expect(cut).toEqual([]);
});
