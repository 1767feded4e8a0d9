import { describePulseStore } from "../contract/suite.ts";
import { skipReason, testSettings } from "../testing/keyspace.ts";
import { type CassandraPulseStore, openCassandraPulseStore } from "./pulse-store.ts";

const DAY_MS = 86_400_000;

// One keyspace for all: each test takes services of its own, and the keyspace goes with the run.
describePulseStore({
  name: "Cassandra pulses",
  skip: skipReason(),
  propertyRuns: 8,
  open: async ({ retentionMs = 30 * DAY_MS }) => {
    const stores: CassandraPulseStore[] = [];
    const open = async () => {
      const store = openCassandraPulseStore({ settings: testSettings(), retentionMs });
      stores.push(store);
      await store.check();
      return store;
    };
    return {
      store: await open(),
      reopen: open,
      dispose: async () => {
        for (const store of stores) await store.close();
      },
    };
  },
});
