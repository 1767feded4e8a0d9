// The whole platform keeps on Cassandra what it keeps on SQLite.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll } from "vitest";
import { describeUnless } from "../../storage/testing/describe-unless.ts";
import { dropKeyspace, makeKeyspace } from "../../storage/testing/keyspace.ts";
import { skipReason, testSettings } from "../../storage/testing/shared-cassandra.ts";
import { testWhole } from "../whole.ts";
import { startPlatformOn } from "./platform-store.ts";

const skip = skipReason();

describeUnless(skip, "the platform on Cassandra", () => {
  // Not the run's keyspace, which has the dead letters of other tests.
  const settings = testSettings({ keyspace: `pulse_test_${randomUUID().slice(0, 8)}` });
  beforeAll(() => makeKeyspace(settings), 120_000);
  afterAll(() => dropKeyspace(settings), 60_000);
  testWhole(() => startPlatformOn(settings), 6000);
});
