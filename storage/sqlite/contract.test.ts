import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DAY_MS } from "../../events/time.ts";
import { type Opened, openHandles } from "../contract/subject.ts";
import {
  describeDeadLetterStore,
  describeHealthStore,
  describeMarkerStore,
  describePulseStore,
  describeRollupStore,
} from "../contract/suite.ts";
import type { StoreLifecycle } from "../ports.ts";
import { openSqliteDeadLetterStore } from "./dead-letter-store.ts";
import { openSqlitePulseStore } from "./pulse-store.ts";

const MAX_BYTES = 1024 * 1024 * 1024;

describePulseStore({ name: "SQLite pulses", open: (options) => openFolder(openSqlitePulseStore, options) });
describeRollupStore({ name: "SQLite rollups", open: (options) => openFolder(openSqlitePulseStore, options) });
describeHealthStore({ name: "SQLite health", open: (options) => openFolder(openSqlitePulseStore, options) });
describeMarkerStore({ name: "SQLite markers", open: (options) => openFolder(openSqlitePulseStore, options) });
describeDeadLetterStore({
  name: "SQLite dead letters",
  open: (options) => openFolder(openSqliteDeadLetterStore, options),
});

async function openFolder<S extends StoreLifecycle>(
  openStore: (options: { file: string; maxBytes: number; retentionMs: number }) => S,
  { retentionMs = 30 * DAY_MS }: { retentionMs?: number },
): Promise<Opened<S>> {
  const folder = mkdtempSync(join(tmpdir(), "pulse-store-"));
  const file = join(folder, "store.db");
  return await openHandles(
    () => openStore({ file, maxBytes: MAX_BYTES, retentionMs }),
    () => rmSync(folder, { recursive: true }),
  );
}
