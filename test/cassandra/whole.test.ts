// The whole platform keeps on Cassandra what it keeps on SQLite.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe } from "vitest";
import { skipReason, testSettings } from "../../storage/testing/keyspace.ts";
import { testWhole } from "../whole.ts";
import { dropKeyspace, makeKeyspace } from "./own-cassandra.ts";
import { startPlatformOn } from "./platform-store.ts";

const skip = skipReason();

describe.skipIf(skip !== undefined)(
  `the platform on Cassandra${skip === undefined ? "" : ` (skipped: ${skip})`}`,
  () => {
    // Not the run's keyspace, which has the dead letters of other tests.
    const settings = testSettings({ keyspace: `pulse_test_${randomUUID().slice(0, 8)}` });
    beforeAll(() => makeKeyspace(settings), 120_000);
    afterAll(() => dropKeyspace(settings), 60_000);
    testWhole(() => startPlatformOn(settings), 6000);
  },
);
