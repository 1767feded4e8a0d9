// What the whole platform keeps on SQLite it keeps on Cassandra.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe } from "vitest";
import { skipReason, testSettings } from "../../storage/testing/keyspace.ts";
import { testNothingLost } from "../nothing-lost.ts";
import { testPoison } from "../poison.ts";
import { dropKeyspace, makeKeyspace } from "./own-cassandra.ts";
import { startPlatformOn } from "./platform-store.ts";

const skip = skipReason();

describe.skipIf(skip !== undefined)(
  `the platform on Cassandra${skip === undefined ? "" : ` (skipped: ${skip})`}`,
  () => {
    // Of its own: the run's keyspace has the dead letters of other tests.
    const settings = testSettings({ keyspace: `pulse_test_${randomUUID().slice(0, 8)}` });
    beforeAll(() => makeKeyspace(settings), 120_000);
    afterAll(() => dropKeyspace(settings), 60_000);
    testPoison(() => startPlatformOn(settings));
    testNothingLost(() => startPlatformOn(settings), 6000);
  },
);
