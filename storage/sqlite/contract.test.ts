import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeDeadLetterStore, describePulseStore, type Opened } from "../contract/suite.ts";
import type { StoreLifecycle } from "../ports.ts";
import { openSqliteDeadLetterStore } from "./dead-letter-store.ts";
import { openSqlitePulseStore } from "./pulse-store.ts";

const DAY_MS = 86_400_000;
const MAX_BYTES = 1024 * 1024 * 1024;

describePulseStore({ name: "SQLite pulses", open: (options) => openFolder(openSqlitePulseStore, options) });
describeDeadLetterStore({
  name: "SQLite dead letters",
  open: (options) => openFolder(openSqliteDeadLetterStore, options),
});

async function openFolder<S extends StoreLifecycle>(
  openStore: (options: { file: string; maxBytes: number; retentionMs: number }) => S,
  { retentionMs = 30 * DAY_MS }: { retentionMs?: number },
): Promise<Opened<S>> {
  const folder = mkdtempSync(join(tmpdir(), "pulse-store-"));
  const stores: S[] = [];
  const open = () => {
    const store = openStore({ file: join(folder, "store.db"), maxBytes: MAX_BYTES, retentionMs });
    stores.push(store);
    return store;
  };
  return {
    store: open(),
    reopen: async () => open(),
    dispose: async () => {
      for (const store of stores) await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}
