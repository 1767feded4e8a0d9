import { describeHistory, MODEL_RETENTION_MS } from "../../history/testing/model.ts";
import { openCassandraPulseStore } from "../../storage/cassandra/pulse-store.ts";
import { skipReason, testSettings } from "../../storage/testing/shared-cassandra.ts";

describeHistory({
  name: "history in Cassandra",
  skip: skipReason(),
  runs: 12,
  // It takes 5 s in Cassandra; the contract of the store has it.
  forgets: false,
  open: async (now) => {
    const store = openCassandraPulseStore({ settings: testSettings(), retentionMs: MODEL_RETENTION_MS, now });
    await store.check();
    return store;
  },
});
