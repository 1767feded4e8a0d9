import { randomUUID } from "node:crypto";
import { afterAll, beforeAll } from "vitest";
import { describeKeepers } from "../../functions/pulse-health/testing/keeper-model.ts";
import { RETENTION_MS } from "../../functions/pulse-health/testing/keepers.ts";
import { openCassandraPulseStore } from "../../storage/cassandra/pulse-store.ts";
import { dropKeyspace, makeKeyspace } from "../../storage/testing/keyspace.ts";
import { skipReason, testSettings } from "../../storage/testing/shared-cassandra.ts";

const skip = skipReason();
// Not the run's keyspace: keepers judge every service that they find.
const settings = testSettings({ keyspace: `pulse_test_${randomUUID().slice(0, 8)}` });

if (skip === undefined) {
  beforeAll(() => makeKeyspace(settings), 120_000);
  afterAll(() => dropKeyspace(settings), 60_000);
}

describeKeepers({
  name: "keepers on Cassandra",
  skip,
  runs: 2,
  open: async (now) => {
    const store = openCassandraPulseStore({ settings, retentionMs: RETENTION_MS, now });
    await store.check();
    return store;
  },
});
