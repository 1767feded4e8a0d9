// The file of services: YAML, of which JSON is a part. It is checked whole, and each fault says where it is.
import { isNode, LineCounter, parseDocument } from "yaml";
import * as z from "zod";
import { kindOf } from "../events/fault.ts";
import { HEALTHS } from "../events/health.ts";
import { SERVICE_NAME_FORM } from "../events/pulse.ts";
import { parseTime } from "../events/time.ts";
import { httpUrl, quote } from "../settings/field.ts";
import { SettingsError } from "../settings/read.ts";
import { type NamedFile, type Reread, type RereadOptions, rereadFile } from "../settings/reread-file.ts";
import { matchOf } from "../settings/service-patterns.ts";
import { isTimeZone, momentOf, type WallTime } from "./calendar.ts";
import type { Maintenance } from "./maintenance.ts";
import { type ServiceEntry, ServicesSettings } from "./service-settings.ts";

const UNITS: Readonly<Record<string, number>> = { s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };
const MAX_PERIOD_MS = 31 * 86_400_000;
const WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] as const;
/** A message has no more lines of faults. */
const MAX_FAULTS = 20;

/** A text that `parse` makes a value of. */
function parsed<T>(expectation: string, parse: (text: string) => T | undefined) {
  return z.unknown().transform((value, context): T => {
    const text = typeof value === "number" ? String(value) : value;
    const result = typeof text === "string" ? parse(text) : undefined;
    if (result !== undefined) return result;
    context.issues.push({ code: "custom", message: `Expected ${expectation}`, input: value });
    return z.NEVER;
  });
}

/** One, or a list of them. */
function listOf<T extends z.ZodType>(one: T) {
  const asList = (value: unknown) => (Array.isArray(value) || value === undefined ? value : [value]);
  return z.preprocess(asList, z.array(one, "Expected one or a list").min(1, "Expected at least one"));
}

const duration = parsed("a duration from 1s to 31d, such as 90s, 5min, 1h or 1d", (text) => {
  const [, count, unit = ""] = /^(\d+(?:\.\d+)?) ?(s|min|h|d)$/.exec(text) ?? [];
  const ms = Number(count) * (UNITS[unit] ?? Number.NaN);
  return ms >= 1000 && ms <= MAX_PERIOD_MS ? ms : undefined;
});

const share = parsed("a share from 1% to 100%, such as 50%", (text) => {
  const percent = /^\d+(?:\.\d+)?%$/.test(text) ? Number.parseFloat(text) : Number.NaN;
  return percent >= 1 && percent <= 100 ? percent / 100 : undefined;
});

const pattern = parsed("the name of a service, or its beginning and a *", (text) =>
  text === "*" || SERVICE_NAME_FORM.test(text.replace(/\*$/, "")) ? text : undefined,
);

const zone = parsed("the name of a time zone, such as Europe/Berlin", (text) => (isTimeZone(text) ? text : undefined));

const timeOfDay = parsed('a time of day from 00:00 to 23:59, in quotes, such as "22:00"', (text) => {
  const [, hour, minute] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  return hour === undefined ? undefined : { hour: Number(hour), minute: Number(minute) };
});

type Moment = number | WallTime;

const moment = parsed(
  "a time such as 2026-12-24T22:00 with a zone beside it, or with an offset",
  (text): Moment | undefined => {
    const time = parseTime(text);
    if (time !== undefined) return time;
    const wall = /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(text) ? parseTime(`${text}:00Z`) : undefined;
    if (wall === undefined) return undefined;
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = text.split(/[-T:]/).map(Number);
    return { year, month, day, hour, minute };
  },
);

const reason = z
  .string("Expected a text")
  .min(1, "Expected a text")
  .max(500, "Expected 500 characters or less")
  .optional();

const weeklyFields = {
  weekly: listOf(z.enum(WEEKDAYS, `Expected one of ${WEEKDAYS.join(", ")}`)),
  from: timeOfDay,
  to: timeOfDay,
  zone,
  reason,
};
const weekly = z
  .strictObject(weeklyFields)
  .transform(
    ({ weekly: days, ...times }): Maintenance => ({ weekdays: days.map((day) => WEEKDAYS.indexOf(day)), ...times }),
  );

const once = z
  .strictObject(
    { from: moment, to: moment, zone: zone.optional(), reason },
    "Expected from and to, and weekly where it comes every week",
  )
  .transform((value, context): Maintenance => {
    const span = { from: timeOf(value.from, value.zone), to: timeOf(value.to, value.zone) };
    if (span.from === undefined || span.to === undefined) {
      const message = "Expected a zone beside times without an offset, such as zone: Europe/Berlin";
      context.issues.push({ code: "custom", message, input: undefined, path: ["zone"] });
      return z.NEVER;
    }
    if (span.from >= span.to) {
      context.issues.push({ code: "custom", message: "Expected a time after from", input: value.to, path: ["to"] });
    }
    return { from: span.from, to: span.to, reason: value.reason };
  });

function timeOf(time: Moment, inZone: string | undefined): number | undefined {
  if (typeof time === "number") return time;
  return inZone === undefined ? undefined : momentOf(time, inZone);
}

const maintenance = z.unknown().transform((value, context): Maintenance => {
  const isWeekly = typeof value === "object" && value !== null && "weekly" in value;
  const result = (isWeekly ? weekly : once).safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
  return z.NEVER;
});

const entryFields = {
  services: listOf(pattern),
  period: duration.optional(),
  grace: duration.optional(),
  down_share: share.optional(),
  degraded_share: share.optional(),
  least_pulses: z
    .int("Expected a whole number")
    .min(1, "Expected 1 or more")
    .max(1000, "Expected 1000 or less")
    .optional(),
  statuses: z.record(z.string(), z.enum(HEALTHS, `Expected one of ${HEALTHS.join(", ")}`)).optional(),
  maintenance: z.array(maintenance, "Expected a list").optional(),
  owner: z.string("Expected a text").min(1, "Expected a text").max(200, "Expected 200 characters or less").optional(),
  link: parsed(httpUrl.expectation, (text) => httpUrl.parse(text)).optional(),
  retired: z.boolean("Expected true or false").optional(),
};
const entry = z.strictObject(entryFields, "Expected an entry with `services`");
const file = z.array(entry, "Expected a list of entries, each with `services`");

/** The settings that a text holds. @throws {SettingsError} with a line for each fault */
export function parseServices(text: string, named: NamedFile): ServicesSettings {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [broken] = document.errors;
  if (broken !== undefined) {
    const { line } = lines.linePos(broken.pos[0]);
    throw new SettingsError(`${placeOf(named, line)}: Expected YAML, got a fault: ${broken.message}`);
  }
  const content: unknown = document.toJS();
  const result = file.safeParse(content ?? []);
  if (result.success) return new ServicesSettings(result.data.map(entryOf));
  const faults = result.error.issues.slice(0, MAX_FAULTS).map((issue) => {
    const { path } = issue;
    const node = path.map((_, i) => document.getIn(path.slice(0, path.length - i), true)).find((one) => isNode(one));
    const { line } = lines.linePos(node?.range?.[0] ?? 0);
    const at = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
    const place = placeOf(named, line) + (at === "" ? "" : `, ${at.replace(/^\./, "")}`);
    return `${place}: ${faultOf(issue, path.reduce(memberOf, content))}`;
  });
  throw new SettingsError(faults.join("\n"));
}

function memberOf(value: unknown, key: PropertyKey): unknown {
  if (typeof value === "string" && key === 0) return value; // one in place of a list
  return typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined;
}

function placeOf({ file: path, variable }: NamedFile, line: number): string {
  return `${variable}: ${path}, line ${line}`;
}

function faultOf(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code !== "unrecognized_keys") {
    const got = typeof value === "string" || typeof value === "number" ? quote(String(value)) : kindOf(value);
    return `${issue.message}, got ${got}`;
  }
  const known = Object.keys(issue.path.includes("maintenance") ? weeklyFields : entryFields);
  return `Expected one of ${known.join(", ")}, got ${quote(issue.keys[0] ?? "")}`;
}

function entryOf({ services, ...fields }: z.infer<typeof entry>): ServiceEntry {
  return given<ServiceEntry>({
    covers: matchOf(services),
    periodMs: fields.period,
    graceMs: fields.grace,
    downShare: fields.down_share,
    degradedShare: fields.degraded_share,
    leastPulses: fields.least_pulses,
    statuses: fields.statuses && new Map(Object.entries(fields.statuses)),
    maintenance: fields.maintenance,
    owner: fields.owner,
    link: fields.link,
    retired: fields.retired,
  });
}

/** Without what an entry does not say: it must not hide what another one does. */
function given<T extends object>(value: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T;
}

export interface OpenServicesOptions
  extends Pick<RereadOptions<ServicesSettings>, "onRead" | "onFailure" | "lookEveryMs"> {
  /** Absent: nothing is set for any service. */
  file: string | undefined;
  variable: string;
}

/** The settings of services, which are read again when their file changes. @throws {SettingsError} at the start */
export function openServices({ file: path, ...options }: OpenServicesOptions): Reread<ServicesSettings> {
  if (path === undefined) return { value: new ServicesSettings(), isCurrent: true, close: () => {} };
  const named = { file: path, variable: options.variable };
  return rereadFile({ ...options, ...named, parse: (text) => parseServices(text, named) });
}
