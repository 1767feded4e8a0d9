// How long tests wait for a condition, for all of them: the machines that they run on are busy, and a test that waits
// shorter than its neighbours is the one that fails there.
import { vi } from "vitest";

const PATIENCE = { timeout: 60_000, interval: 20 };

const { waitFor } = vi;
vi.waitFor = (check, options) =>
  waitFor(check, { ...PATIENCE, ...(typeof options === "number" ? { timeout: options } : options) });
