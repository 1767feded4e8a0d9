import { expect, it, vi } from "vitest";
import { openTestStore } from "../testing/cassandra-store.ts";
import { skipReason } from "../testing/shared-cassandra.ts";

it("counts the contact points as away while it has reached none of them", () => {
  const store = openTestStore({ contactPoints: ["127.0.0.1:1", "127.0.0.1:2"] });
  expect(store.nodes).toEqual({ up: 0, down: 2 });
});

it.skipIf(skipReason())("counts the nodes that it reaches", async () => {
  const store = openTestStore();
  await vi.waitFor(() => expect(store.nodes.up).toBeGreaterThan(0));
  expect(store.nodes.down).toBe(0);
});
