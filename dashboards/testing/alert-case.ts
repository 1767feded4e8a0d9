/**
 * A situation, and the alerts that fire in it. Series are in promtool's notation: `0+6x60` is 0 and 60 further samples that grow
 * by 6, `_` is no sample, `stale` ends a series.
 */
export interface AlertCase {
  title: string;
  series: Readonly<Record<string, string>>;
  /** Between two samples. @default "1m" */
  interval?: string;
  /** Between two evaluations of the rules. @default "1m". Where the usual period matters, "15s" as in production. */
  tick?: string;
  /** The time at which {@link firing} is compared. */
  at: string;
  /** Every alert that fires, each as `name{label="value"}`. */
  firing: readonly string[];
}

/** A situation in which an alert fires, and a similar one in which it stays silent. */
export type AlertCases = Readonly<Record<string, { fires: AlertCase; staysSilent: AlertCase }>>;
