import { DAY_MS } from "../events/time.ts";
import type { Span } from "../storage/span.ts";
import { momentOf, type WallTime, wallTimeAt, weekdayAt } from "./calendar.ts";
import { united } from "./spans.ts";

/** Work on a service that is planned: what happens meanwhile is no incident, and not in its uptime. */
export type Maintenance = (Span | WeeklyMaintenance) & { reason?: string | undefined };

/** A stretch of time for which work is planned, and why, where that was said. */
export interface PlannedStretch extends Span {
  reason: string | undefined;
}

/** On days of the week from a time of day to another, which is the next day's where it is not later. */
export interface WeeklyMaintenance {
  /** From 0 for Sunday. */
  weekdays: readonly number[];
  from: TimeOfDay;
  to: TimeOfDay;
  /** By whose wall. */
  zone: string;
}

const WEEK_MS = 7 * DAY_MS;

export type TimeOfDay = Required<Pick<WallTime, "hour" | "minute">>;

/** When there is maintenance within a span: in order, without overlaps. */
export function maintenanceIn(span: Span, all: readonly Maintenance[]): Span[] {
  return united(plannedIn(span, all));
}

/** What is planned within a span: in order of the beginnings. Plans of different reasons may overlap. */
export function plannedIn(span: Span, all: readonly Maintenance[]): PlannedStretch[] {
  const stretches = stretchesIn(span, all).map(({ from, to, reason }) => {
    return { from: Math.max(from, span.from), to: Math.min(to, span.to), reason };
  });
  return unitedByReason(stretches);
}

/** What is planned now (epoch ms) and later, of weekly work that of the coming week: in order of the beginnings, whole. */
export function plannedFrom(now: number, all: readonly Maintenance[]): PlannedStretch[] {
  const stretches = stretchesIn({ from: now, to: now + WEEK_MS }, all);
  return unitedByReason(stretches.filter(({ to }) => to > now));
}

function stretchesIn(span: Span, all: readonly Maintenance[]): PlannedStretch[] {
  return all.flatMap((one) =>
    ("weekdays" in one ? weeksIn(span, one) : [one]).map(({ from, to }) => ({ from, to, reason: one.reason })),
  );
}

function unitedByReason(stretches: readonly PlannedStretch[]): PlannedStretch[] {
  const byReason = Map.groupBy(stretches, ({ reason }) => reason);
  return [...byReason]
    .flatMap(([reason, some]) => united(some).map((span) => ({ ...span, reason })))
    .sort((a, b) => a.from - b.from);
}

/** Of few plans, which thousands of services may have: where each lies around the moment that was asked for last. */
const around = new WeakMap<WeeklyMaintenance, { known: Span; spans: Span[] }>();

/** Whether there is maintenance at a moment (epoch ms). */
export function isMaintenanceAt(time: number, all: readonly Maintenance[]): boolean {
  return all.some((one) => holds("weekdays" in one ? spansAround(time, one) : [one], time));
}

function spansAround(time: number, one: WeeklyMaintenance): readonly Span[] {
  const kept = around.get(one);
  if (kept !== undefined && holds([kept.known], time)) return kept.spans;
  const known = { from: time, to: time + DAY_MS };
  const spans = weeksIn(known, one);
  around.set(one, { known, spans });
  return spans;
}

function holds(spans: readonly Span[], time: number): boolean {
  return spans.some(({ from, to }) => time >= from && time < to);
}

function weeksIn(span: Span, { weekdays, from, to, zone }: WeeklyMaintenance): Span[] {
  const spans: Span[] = [];
  const isOverMidnight = to.hour * 60 + to.minute <= from.hour * 60 + from.minute;
  // The day before may reach into the span. Noon is on every day's wall.
  const { year, month, day } = wallTimeAt(span.from - DAY_MS, zone);
  for (let i = 0; ; i++) {
    const date = { year, month, day: day + i };
    const begin = momentOf({ ...date, ...from }, zone);
    if (begin >= span.to) return spans;
    if (!weekdays.includes(weekdayAt(momentOf({ ...date, hour: 12 }, zone), zone))) continue;
    spans.push({ from: begin, to: momentOf({ ...date, day: date.day + (isOverMidnight ? 1 : 0), ...to }, zone) });
  }
}
