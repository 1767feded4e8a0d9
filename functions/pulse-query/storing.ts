import { READINESS_PATH, whatFails } from "../../http/health.ts";
import { urlUnder } from "../url-under.ts";

/** How long an answer is good: every kind of live stream asks at each heartbeat. */
const KEPT_MS = 5000;
const TIMEOUT_MS = 3000;

/**
 * Asks pulse-persist at `url` why it stores nothing; `undefined` when it stores, or without `url`. Never rejects, and an
 * answer is at most 5 s old.
 */
export function askWhyNotStored(url: URL | undefined, now: () => number): () => Promise<string | undefined> {
  if (url === undefined) return async () => undefined;
  const target = urlUnder(url, READINESS_PATH);
  let kept: { reason: Promise<string | undefined>; until: number } | undefined;
  return () => {
    if (kept === undefined || kept.until <= now()) {
      const reason = fetch(target, { redirect: "error", signal: AbortSignal.timeout(TIMEOUT_MS) })
        .then(whatFails)
        .catch(() => "Pulses are not stored: pulse-persist does not answer.");
      kept = { reason, until: now() + KEPT_MS };
    }
    return kept.reason;
  };
}
