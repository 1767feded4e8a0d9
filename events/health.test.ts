import { describe, expect, it } from "vitest";
import { HEALTHS, type Health, healthOf } from "./health.ts";

const WORDS: Record<Health, string[]> = {
  up: [
    ...["ok", "up", "healthy", "success", "pass", "OK", "Up", "okay", "passing", "SERVING", "Succeeded", "operational"],
    ...["alive", "available", "online", "ready", "running", "stable", "passed", "successful"],
  ],
  degraded: [
    ...["warn", "warning", "degraded", "slow", "WARN", "Slow", "degraded_performance", "impaired", "unstable"],
    ...["PartialOutage", "Unstable", "degraded performance"],
  ],
  down: [
    ...["error", "down", "fail", "critical", "timeout", "ERROR", "TimeOut", "unhealthy", "failed", "FATAL", "serious"],
    ...["OUT_OF_SERVICE", "out-of-service", "Out of service", "NOT_SERVING", "NotReady", "timed_out", "dead"],
    ...["failure", "failing", "crit", "err", "unreachable", "unavailable", "offline", "crashed", "errored", "stopped"],
    ...["timedout", "TimedOut", "OutOfService", "NotServing", "CrashLoopBackOff", "MajorOutage", "startup_failure"],
  ],
  unknown: [
    ...["", "fine", " ok", "pending", "skipped", "100", "600", "20", "2000", "2xx", "5.0", "٢٠٠", "constructor"],
    ...["starting", "cancelled", "not", "un", "not_down", "not degraded", "unslow", "o_k 1", "ok-", "not_500"],
  ],
};
/** What they are not is down. */
const OPPOSITES = [
  ...["unsuccessful", "not_ok", "not_available", "not_running", "not_alive", "not_healthy", "not_passing", "unready"],
  ...["not_operational", "notready", "Not Online", "NotAvailable", "not-stable", "NOT_SERVING", "Unhealthy"],
];
const HTTP: Record<Health, string[]> = {
  up: ["200", "204", "299", "301", "399", "400", "404", "429", "499"],
  degraded: [],
  down: ["500", "503", "599"],
  unknown: ["199", "600"],
};

describe("healthOf", () => {
  for (const health of HEALTHS) {
    it.each([...WORDS[health], ...HTTP[health]])(`takes the status %j for ${health}`, (status) => {
      expect(healthOf(status)).toBe(health);
    });
  }

  it.each(OPPOSITES)("takes %j, the opposite of a word that is up, for down", (status) => {
    expect(healthOf(status)).toBe("down");
  });
});
