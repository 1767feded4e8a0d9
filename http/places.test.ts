import { expect, it, vi } from "vitest";
import { Places } from "./places.ts";

function open(count: number, maxWaiting = 0) {
  const places = new Places(count, maxWaiting);
  /** Who had to give up a place, in order. */
  const ended: string[] = [];
  let number = 0;
  const take = (client: string) => {
    const name = `${client}${++number}`;
    return places.take(client, () => ended.push(name));
  };
  const wait = (client: string) => {
    const name = `${client}${++number}`;
    return places.takeInTurn(client, () => ended.push(name));
  };
  return { take, wait, ended };
}

it("one client may take all places while nobody else wants one, and no more", () => {
  const { take, ended } = open(2);
  expect([take("a"), take("a"), take("a")].map((place) => place !== undefined)).toEqual([true, true, false]);
  expect(ended).toEqual([]);
});

it("a newcomer gets the newest place of the client that holds most", () => {
  const { take, ended } = open(5);
  for (const client of ["a", "b", "a", "b", "a"]) take(client);
  expect(take("c")).toBeDefined();
  expect(ended).toEqual(["a5"]);
});

it("nobody gives a place up to a client that would then hold as much or more", () => {
  const { take, ended } = open(4);
  for (const client of ["a", "a", "b", "b"]) take(client);
  expect(take("c")).toBeDefined();
  expect(ended).toEqual(["a2"]);
  expect([take("a"), take("c")]).toEqual([undefined, undefined]);
  expect(take("d")).toBeDefined();
  expect(ended).toEqual(["a2", "b4"]);
  expect([take("a"), take("e")]).toEqual([undefined, undefined]);
});

it("a place that is given back is free once, and one that was given up is not given back", () => {
  const { take, ended } = open(2);
  take("a");
  const second = take("a");
  expect(take("b")).toBeDefined();
  expect(ended).toEqual(["a2"]);
  second?.();
  expect(take("c")).toBeUndefined();
});

it("who gets no place waits, and comes first where others of the same client hold more", async () => {
  const { take, wait } = open(2, 5);
  const [first, second] = [take("a"), take("b")];
  const begun: string[] = [];
  const waiting = ["a", "c", "c"].map(async (client) => {
    const leave = await wait(client);
    begun.push(client);
    return leave;
  });
  second?.();
  await vi.waitFor(() => expect(begun).toEqual(["c"]));
  (await waiting[1])?.();
  await vi.waitFor(() => expect(begun).toEqual(["c", "c"]));
  first?.();
  await vi.waitFor(() => expect(begun).toEqual(["c", "c", "a"]));
});

it("of those who wait the newest of the client with most gives way to another client", async () => {
  const { take, wait } = open(1, 2);
  const first = take("polite");
  const [kept, shed] = [wait("greedy"), wait("greedy")];
  expect(await wait("greedy")).toBeUndefined();
  const other = wait("other");
  expect(await shed).toBeUndefined();
  first?.();
  (await kept)?.();
  expect(await other).toBeDefined();
});

it("who has gone waits no more, and its work is aborted", async () => {
  const places = new Places(1, 5);
  const ask = () => {
    const client = new AbortController();
    const { promise, resolve } = Promise.withResolvers<AbortSignal>();
    const work = (signal: AbortSignal) => {
      resolve(signal);
      return new Promise<string>((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    };
    const asker = { client: () => "a", gone: () => client.signal };
    return { leave: () => client.abort(), begun: promise, answer: places.workInTurn(asker, work) };
  };
  const [first, second, third] = [ask(), ask(), ask()];
  await first.begun;
  second.leave();
  expect(await second.answer).toBeUndefined();
  first.leave();
  expect(await first.answer).toBeUndefined();
  expect((await third.begun).aborted).toBe(false);
  third.leave();
  expect(await third.answer).toBeUndefined();
  const late = { client: () => "a", gone: () => AbortSignal.abort() };
  expect(await places.workInTurn(late, async () => "done")).toBeUndefined();
  expect(await places.workInTurn({ ...late, gone: () => new AbortController().signal }, async () => "done")).toBe(
    "done",
  );
});
