import { describeDeadLetterStore } from "../contract/suite.ts";
import { skipReason, testSettings } from "../testing/keyspace.ts";
import { type CassandraDeadLetterStore, openCassandraDeadLetterStore } from "./dead-letter-store.ts";

const DAY_MS = 86_400_000;

describeDeadLetterStore({
  name: "Cassandra dead letters",
  skip: skipReason(),
  open: async ({ retentionMs = 30 * DAY_MS }) => {
    const stores: CassandraDeadLetterStore[] = [];
    const open = async () => {
      const store = openCassandraDeadLetterStore({ settings: testSettings(), retentionMs });
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
