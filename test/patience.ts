// One upper bound for all waits of tests: on a busy machine the test with a shorter one would fail.
import { vi } from "vitest";

const PATIENCE = { timeout: 60_000, interval: 20 };

const { waitFor } = vi;
vi.waitFor = (check, options) =>
  waitFor(check, { ...PATIENCE, ...(typeof options === "number" ? { timeout: options } : options) });
