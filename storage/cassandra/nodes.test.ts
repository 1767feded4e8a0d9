import { expect, it, vi } from "vitest";
import { skipReason, testSettings } from "../testing/keyspace.ts";
import { openCassandraPulseStore } from "./pulse-store.ts";

const RETENTION_MS = 86_400_000;

it("counts the contact points as away while none of them has been reached", async () => {
  const settings = testSettings({ contactPoints: ["127.0.0.1:1", "127.0.0.1:2"] });
  const store = openCassandraPulseStore({ settings, retentionMs: RETENTION_MS });
  expect(store.nodes).toEqual({ up: 0, down: 2 });
  await store.close();
});

it.skipIf(skipReason())("counts the nodes that it reaches", async () => {
  const store = openCassandraPulseStore({ settings: testSettings(), retentionMs: RETENTION_MS });
  await vi.waitFor(() => expect(store.nodes.up).toBeGreaterThan(0));
  expect(store.nodes.down).toBe(0);
  await store.close();
});
