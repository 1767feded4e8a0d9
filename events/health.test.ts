import { describe, expect, it } from "vitest";
import { HEALTHS, type Health, healthOf } from "./health.ts";

const WORDS: Record<Health, string[]> = {
  up: ["ok", "up", "healthy", "success", "pass", "OK", "Up", "okay", "passing", "SERVING", "Succeeded", "operational"],
  degraded: ["warn", "warning", "degraded", "slow", "WARN", "Slow", "degraded_performance"],
  down: [
    ...["error", "down", "fail", "critical", "timeout", "ERROR", "TimeOut", "unhealthy", "failed", "FATAL", "serious"],
    ...["OUT_OF_SERVICE", "out-of-service", "Out of service", "NOT_SERVING", "NotReady", "timed_out", "dead"],
  ],
  unknown: ["", "fine", " ok", "pending", "skipped", "100", "600", "20", "2000", "2xx", "5.0", "٢٠٠", "constructor"],
};
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
});
