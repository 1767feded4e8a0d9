const NAMES = [
  "billing",
  "cart",
  "catalog",
  "checkout",
  "exports",
  "fraud",
  "gateway",
  "identity",
  "inventory",
  "ledger",
  "media",
  "notifications",
  "payments",
  "pricing",
  "profiles",
  "recommendations",
  "reviews",
  "search",
  "sessions",
  "shipping",
];
/** The first services, which the screen shows, have pulses for an hour; the others have one pulse. */
const WITH_HISTORY = 60;
const STEP_MS = 2 * 60_000;
const STEPS = 30;

/** A pulse as a client sends it. */
export interface SentPulse {
  service_name: string;
  event_time: number;
  latency_ms: number;
  status: string;
  metadata: Record<string, string>;
}

/** The pulses of `count` services, a few of them in trouble. Every run has the same ones, at its own time. */
export function pulsesOfServices(count: number): SentPulse[] {
  const now = Date.now();
  return Array.from({ length: count }, (_, i) => {
    const name = `${NAMES[Math.floor((i * NAMES.length) / count)]}-${String(i % (count / NAMES.length)).padStart(2, "0")}`;
    const status = i % 211 === 7 ? (["503", "slow", "odd"][i % 3] as string) : "ok";
    const steps = i < WITH_HISTORY || status !== "ok" ? STEPS : 1;
    return Array.from({ length: steps }, (_, step): SentPulse => {
      const noise = Math.abs(Math.sin((i + 1) * 12.9898 + step * 78.233) * 43_758.5453) % 1;
      const isTrouble = status !== "ok" && step < 6;
      return {
        service_name: name,
        event_time: now - (i % 50) * 1000 - step * STEP_MS,
        latency_ms: (8 + ((i * 31) % 90)) * (0.8 + 0.4 * noise) * (isTrouble ? 4 + 3 * noise : 1),
        status: isTrouble ? status : "ok",
        metadata: { region: i % 2 === 0 ? "eu-west-1" : "us-east-1" },
      };
    });
  }).flat();
}
