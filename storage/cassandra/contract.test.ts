import { DAY_MS } from "../../events/time.ts";
import { openHandles } from "../contract/subject.ts";
import {
  describeDeadLetterStore,
  describeHealthStore,
  describeMarkerStore,
  describePulseStore,
  describeRollupStore,
} from "../contract/suite.ts";
import { skipReason, testSettings } from "../testing/shared-cassandra.ts";
import { openCassandraDeadLetterStore } from "./dead-letter-store.ts";
import { openCassandraPulseStore } from "./pulse-store.ts";

// All handles share the run's keyspace, which the run removes.
const optionsOf = ({ retentionMs = 30 * DAY_MS }) => ({ settings: testSettings(), retentionMs });

describePulseStore({
  name: "Cassandra pulses",
  skip: skipReason(),
  propertyRuns: 8,
  // The time is part of a row's key: to look for the same identity at other times would cost a read for every write.
  isTimePartOfIdentity: true,
  open: (options) => openHandles(() => openCassandraPulseStore(optionsOf(options))),
});

describeRollupStore({
  name: "Cassandra rollups",
  skip: skipReason(),
  open: (options) => openHandles(() => openCassandraPulseStore(optionsOf(options))),
});

describeHealthStore({
  name: "Cassandra health",
  skip: skipReason(),
  open: (options) => openHandles(() => openCassandraPulseStore(optionsOf(options))),
});

describeMarkerStore({
  name: "Cassandra markers",
  skip: skipReason(),
  open: (options) => openHandles(() => openCassandraPulseStore(optionsOf(options))),
});

describeDeadLetterStore({
  name: "Cassandra dead letters",
  skip: skipReason(),
  open: (options) => openHandles(() => openCassandraDeadLetterStore(optionsOf(options))),
});
