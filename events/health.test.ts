import { describe, expect, it } from "vitest";
import { HEALTHS, type Health, healthOf } from "./health.ts";

const WORDS: Record<Health, string[]> = {
  up: ["ok", "up", "healthy", "success", "pass", "OK", "Up", "200", "204", "299", "301", "399"],
  degraded: ["warn", "degraded", "slow", "WARN", "Slow", "400", "404", "429", "499"],
  down: ["error", "down", "fail", "critical", "timeout", "ERROR", "TimeOut", "500", "503", "599"],
  unknown: ["", "fine", "okay", " ok", "warning", "100", "600", "20", "2000", "2xx", "5.0", "٢٠٠", "constructor"],
};

describe("healthOf", () => {
  for (const health of HEALTHS) {
    it.each(WORDS[health])(`takes the status %j for ${health}`, (status) => {
      expect(healthOf(status)).toBe(health);
    });
  }
});
