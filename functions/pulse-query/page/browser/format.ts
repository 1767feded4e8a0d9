const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Milliseconds to about three digits, in the unit that a person would use; a dash for none. */
export function formatLatency(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return "–";
  if (ms >= 10 * MINUTE) return `${(ms / MINUTE).toFixed(0)} min`;
  if (ms >= 10 * SECOND) return `${(ms / SECOND).toFixed(1)} s`;
  if (ms >= 100) return `${Math.round(ms).toLocaleString("en")} ms`;
  return `${ms >= 1 ? ms.toFixed(1) : Number(ms.toPrecision(2))} ms`;
}

/** How long ago a moment was. */
export function formatAge(time: string, now: number): string {
  const ms = Math.max(0, now - Date.parse(time));
  return ms < SECOND ? "now" : `${formatDuration(ms)} ago`;
}

/** A length of time in its largest unit. */
export function formatDuration(ms: number): string {
  if (ms < MINUTE) return `${Math.round(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.round(ms / MINUTE)} min`;
  if (ms < 2 * DAY) return `${Math.round(ms / HOUR)} h`;
  return `${Math.round(ms / DAY)} d`;
}

/** A moment by the reader's clock, with the date unless it is today. */
export function formatTime(time: string, now: number): string {
  const moment = new Date(time);
  const clock = moment.toLocaleTimeString("en-GB");
  const isToday = moment.toDateString() === new Date(now).toDateString();
  return isToday ? clock : `${moment.toLocaleDateString("en-GB", { day: "numeric", month: "short" })} ${clock}`;
}

/** A moment (epoch ms) by the reader's clock to the minute, with the date unless it is today. */
export function formatMinute(time: number, now: number): string {
  return formatTime(new Date(time).toISOString(), now).slice(0, -3);
}

/** A whole number with separated thousands. */
export function formatCount(count: number): string {
  return count.toLocaleString("en");
}

/** Pulses a minute, to about two digits. */
export function formatRate(perMinute: number): string {
  return perMinute >= 100 ? formatCount(Math.round(perMinute)) : String(Number(perMinute.toPrecision(2)));
}

/** A share of a whole in percent: 100 and 0 only when exact. */
export function formatShare(part: number, whole: number): string {
  if (whole === 0) return "–";
  const percent = (100 * part) / whole;
  if (percent > 99.9 && part < whole) return "> 99.9 %";
  if (percent < 0.1 && part > 0) return "< 0.1 %";
  return `${Number(percent.toFixed(1))} %`;
}
