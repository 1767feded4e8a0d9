// One client reads as many dead letters as it can, and another comes.
import { expect, it, vi } from "vitest";
import { openRawConnection, rawRequest } from "../../http/testing/raw-connection.ts";
import { host, post, reopen, store } from "../testing/dead-letter-function.ts";

it.each(["", "/ID"])("GET /dead-letters%s: a newcomer gets a place of the client that holds all four", async (path) => {
  const { promise: gate, resolve: letGo } = Promise.withResolvers<void>();
  let begun = 0;
  const gated = <A extends unknown[], R>(read: (...asked: A) => Promise<R>) => {
    return async (...asked: A) => {
      begun++;
      await gate;
      return read(...asked);
    };
  };
  const reads = {
    list: gated((...asked: Parameters<typeof store.list>) => store.list(...asked)),
    get: gated((id: string) => store.get(id)),
    put: (deadLetter: Parameters<typeof store.put>[0]) => store.put(deadLetter),
    close: () => store.close(),
  };
  await reopen({ store: reads as unknown as typeof store });
  const eventId = await post();
  const { value } = (await store.list({}, 1)) as { value: { deadLetters: { id: string; event: { id: string } }[] } };
  const [deadLetter] = value.deadLetters;
  expect(deadLetter?.event.id).toBe(eventId);
  const ask = async (from: string) => {
    const connection = await openRawConnection(host.port, from);
    connection.send(rawRequest(`GET /dead-letters${path.replace("ID", deadLetter?.id ?? "")}`));
    return connection.answer();
  };
  const greedy = Array.from({ length: 4 }, () => ask("127.0.0.1"));
  await vi.waitFor(() => expect(begun).toBe(4));
  const polite = ask("127.0.0.2");
  await vi.waitFor(() => expect(begun).toBe(5));
  letGo();
  expect((await polite).status).toBe(200);
  const statuses = (await Promise.all(greedy)).map(({ status }) => status);
  expect(statuses.sort()).toEqual([200, 200, 200, 503]);
});
