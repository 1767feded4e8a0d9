import { DAY_MS } from "../../events/time.ts";
import { localSettings } from "../../settings/local-settings.ts";
import { readSettings } from "../../settings/read.ts";
import { numberOf, readFlags, tokenIn, UsageError, urlOf } from "../arguments.ts";
import { type FleetOptions, serviceNames } from "./fleet.ts";

/** What `npm run simulate` was asked to do. */
export interface SimulateOptions {
  fleet: FleetOptions;
  url: URL;
  token: string | undefined;
  /** How far back the pulses of the past begin. */
  sinceMs: number;
  /** Pulses a second of the past, at most the rate of the present. */
  backfillRate: number;
  /** The past only. */
  isOnce: boolean;
  retryForMs: number;
}

const FLAGS = {
  services: { type: "string" },
  rate: { type: "string" },
  since: { type: "string" },
  "backfill-rate": { type: "string" },
  incident: { type: "string" },
  "incident-at": { type: "string" },
  seed: { type: "string" },
  once: { type: "boolean" },
  url: { type: "string" },
  "token-file": { type: "string" },
  "retry-for": { type: "string" },
  help: { type: "boolean" },
} as const;

export const SIMULATE_HELP = `Plays a believable fleet of services, for demonstrations: first its past, then live until Ctrl-C.

  npm run simulate
  npm run simulate -- --services 5 --rate 200 --since 7d --incident search --incident-at 09:30
  npm run simulate -- --once

  --services N           1 to 500. Default: 12 (checkout, payments, search, …)
  --rate N               Pulses a second of the whole fleet, as a mean over the day; there are more of them at 14:00 UTC
                         than at night. Default: 50
  --since SPAN           How far back the past begins: 0, 90m, 24h, 7d; 29d at most. Default: 24h
  --backfill-rate N      Pulses a second of the past, at most --rate. Default: 5
  --incident SERVICE     The service that has an incident every day: 25 minutes of getting up to 8 times slower with
                         errors, 10 minutes down, 15 minutes of recovery. Default: the second service
  --incident-at HH:MM    When it begins, UTC. Default: by the seed
  --seed N               Another seed is another fleet. Default: 1
  --once                 The past only.
  --url URL              Where pulse-ingest is. Default: http://localhost:8080/pulse
  --token-file FILE      Holds the bearer token, where one is asked for.
  --retry-for SECONDS    How long to try again while nothing is accepted. Default: 300

The same options make the same pulses with the same ids, whenever they are run: what is sent again is stored once.
Exit code: 0 all was sent, 1 it stopped at a fault, 2 the command is wrong, 130 Ctrl-C.
`;

const MAX_SINCE_MS = 29 * DAY_MS;

/** Reads the command line; `undefined` when help is asked for. @throws {UsageError} */
export function readSimulateOptions(args: readonly string[], env: NodeJS.ProcessEnv): SimulateOptions | undefined {
  const flags = readFlags(args, FLAGS);
  if (flags.help) return undefined;
  const { ingestPort } = readSettings({ ingestPort: localSettings.ingestPort }, env);
  const services = numberOf("services", flags.services, { fallback: 12, min: 1, max: 500 });
  const rate = numberOf("rate", flags.rate, { fallback: 50, min: 0.1, max: 100_000, isWhole: false });
  const { incident } = flags;
  if (incident !== undefined && !serviceNames(services).includes(incident)) {
    throw new UsageError(`Expected --incident to name one of ${serviceNames(services).join(", ")}, got ${incident}`);
  }
  return {
    fleet: {
      seed: numberOf("seed", flags.seed, { fallback: 1, min: 0, max: Number.MAX_SAFE_INTEGER }),
      services,
      rate,
      incident,
      incidentStartMs: timeOfDay(flags["incident-at"]),
    },
    url: urlOf("url", flags.url ?? `http://localhost:${ingestPort}/pulse`),
    token: tokenIn(flags["token-file"]),
    sinceMs: spanOf(flags.since ?? "24h"),
    backfillRate: numberOf("backfill-rate", flags["backfill-rate"], {
      fallback: Math.min(5, rate),
      min: 0.01,
      max: rate,
      isWhole: false,
    }),
    isOnce: flags.once ?? false,
    retryForMs:
      1000 * numberOf("retry-for", flags["retry-for"], { fallback: 300, min: 0, max: 86_400, isWhole: false }),
  };
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: DAY_MS };

function spanOf(text: string): number {
  if (text === "0") return 0;
  const [, count, unit] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  const ms = Number(count) * (UNITS[unit ?? ""] ?? Number.NaN);
  if (ms <= MAX_SINCE_MS) return ms;
  throw new UsageError(
    `Expected --since to be 0 or a span such as 90m, 24h or 7d, 29d at most, got ${JSON.stringify(text)}`,
  );
}

function timeOfDay(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, hour, minute] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (hour !== undefined) return (Number(hour) * 60 + Number(minute)) * 60_000;
  throw new UsageError(`Expected --incident-at to be a time of day such as 09:30, got ${JSON.stringify(text)}`);
}
