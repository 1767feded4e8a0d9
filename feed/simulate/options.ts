import { DAY_MS } from "../../events/time.ts";
import { integer, number, parsedText, text } from "../../settings/field.ts";
import { helpOf, option, readOptions, switchOption, UsageError } from "../command-line.ts";
import { targetOf, targetOptions } from "../target.ts";
import { serviceNames } from "./fleet.ts";

/** What `npm run simulate` was asked to do. */
export type SimulateOptions = NonNullable<ReturnType<typeof readSimulateOptions>>;

const MAX_SINCE_MS = 29 * DAY_MS;
const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: DAY_MS };

const span = parsedText("0 or a span such as 90m, 24h or 7d, 29d at most", (value) => {
  if (value === "0") return 0;
  const [, count, unit] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(value) ?? [];
  const ms = Number(count) * (UNITS[unit ?? ""] ?? Number.NaN);
  return ms <= MAX_SINCE_MS ? ms : undefined;
});

const timeOfDay = parsedText("a time of day such as 09:30", (value) => {
  const [, hour, minute] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(value) ?? [];
  return hour === undefined ? undefined : (Number(hour) * 60 + Number(minute)) * 60_000;
});

const options = {
  services: option(
    "N",
    integer({ min: 1, max: 500, fallback: 12 }),
    "How many services (checkout, payments, search, …):",
  ),
  rate: option(
    "N",
    number({ min: 0.1, max: 100_000, fallback: 50 }),
    "Pulses a second of the whole fleet, as a mean over the day: more at 14:00 UTC, fewer at night. It may be:",
  ),
  since: option("SPAN", span, "How far back the past begins. Default: 24h. It may be:"),
  backfillRate: option(
    "N",
    number({ min: 0.01, max: 100_000 }),
    "Pulses a second of the past, at most --rate. Default: 5.",
  ),
  incident: option(
    "SERVICE",
    text("a service's name"),
    "The service that has an incident every day: for 25 minutes it gets up to 8 times slower and answers with errors, for 10 minutes it is down, for 15 minutes it recovers. Default: the second service.",
  ),
  incidentAt: option("HH:MM", timeOfDay, "When the incident begins, UTC. Default: the seed decides."),
  seed: option(
    "N",
    integer({ min: 0, max: Number.MAX_SAFE_INTEGER, fallback: 1 }),
    "Another seed makes another fleet.",
  ),
  once: switchOption("Plays the past only."),
  ...targetOptions,
};

export const SIMULATE_HELP = `Plays a believable fleet of services, for demonstrations: first its past, then live until Ctrl-C.

  npm run simulate
  npm run simulate -- --services 5 --rate 200 --since 7d --incident search --incident-at 09:30
  npm run simulate -- --once

${helpOf(options)}

The same options make the same pulses with the same ids in every run: PulseMesh stores a pulse that is sent again once.
Exit code: 0 everything was sent, 1 a fault stopped it, 2 the command is wrong, 130 Ctrl-C.
`;

/** Reads the command line; `undefined` when it asks for help. @throws {UsageError} */
export function readSimulateOptions(args: readonly string[], env: NodeJS.ProcessEnv) {
  const given = readOptions(args, options);
  if (given === undefined) return undefined;
  const { services, rate, incident, seed, backfillRate = Math.min(5, rate) } = given;
  const names = serviceNames(services);
  if (incident !== undefined && !names.includes(incident)) {
    throw new UsageError(`Expected --incident to name one of ${names.join(", ")}, got ${incident}`);
  }
  if (backfillRate > rate) {
    throw new UsageError(`Expected --backfill-rate to be a number from 0.01 to ${rate}, got "${backfillRate}"`);
  }
  return {
    fleet: { seed, services, rate, incident, incidentStartMs: given.incidentAt },
    target: targetOf(given, env),
    sinceMs: given.since ?? DAY_MS,
    backfillRate,
    once: given.once,
  };
}
