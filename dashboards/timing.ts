/** How fast dashboards and rules live. Tests run a day's worth of them in a minute. */
export interface Timing {
  /** Between two scrapes of a target. */
  scrapeSeconds: number;
  /** Between two evaluations of the rules. */
  tickSeconds: number;
  /** How long ago "a day ago" is. */
  daySeconds: number;
  /** So many seconds of production, as a number. */
  seconds(seconds: number): number;
  /** A window of so many seconds of production, as PromQL writes it. */
  window(seconds: number): string;
  /** How long a condition must hold for so many seconds of production, as a rule's `for`. */
  hold(seconds: number): string;
}

/** The timing of production. */
export const REAL_TIME = createTiming({ scrapeSeconds: 10, tickSeconds: 15, daySeconds: 86_400 });

interface TimingOptions extends Pick<Timing, "scrapeSeconds" | "tickSeconds" | "daySeconds"> {
  /** @default 1 */
  speedup?: number;
  /** @default 0 */
  shortestWindowSeconds?: number;
}

export function createTiming({ speedup = 1, shortestWindowSeconds = 0, ...intervals }: TimingOptions): Timing {
  return {
    ...intervals,
    seconds: (seconds) => seconds / speedup,
    window: (seconds) => durationOf(Math.max(shortestWindowSeconds, Math.round(seconds / speedup))),
    hold: (seconds) => durationOf(Math.round(seconds / speedup)),
  };
}

/** Seconds as Prometheus writes durations, in the largest unit that is whole: 300 is `5m`. */
export function durationOf(seconds: number): string {
  const { count, unit } = inWholeUnits(seconds);
  return `${count}${unit.charAt(0)}`;
}

/** Seconds as a sentence says them: 300 is `5 minutes`. */
export function durationInWords(seconds: number): string {
  const { count, unit } = inWholeUnits(seconds);
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

const UNITS = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
] as const;

function inWholeUnits(seconds: number): { count: number; unit: string } {
  const [unit, length] = UNITS.find(([, length]) => seconds >= length && seconds % length === 0) ?? ["second", 1];
  return { count: seconds / length, unit };
}

/** "Now" in rates, figures and alerts is the mean of so many seconds. The names of recorded series contain it. */
export const RECENT_SECONDS = 300;
export const RECENT = durationOf(RECENT_SECONDS);
export const RECENT_IN_WORDS = durationInWords(RECENT_SECONDS);
