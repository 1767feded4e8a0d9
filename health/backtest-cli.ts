// `npm run history -- backtest`: which incidents other settings of services would have made.
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { OWN_SERVICE } from "../events/own-service.ts";
import { DAY_MS, parseTime } from "../events/time.ts";
import { functionSettings } from "../settings/function-settings.ts";
import { readSettings } from "../settings/read.ts";
import { forTerminal } from "../settings/terminal-text.ts";
import {
  type CommandIo,
  type CommandStore,
  openCommandStore,
  tellFailure,
  UsageError,
} from "../storage/command-store.ts";
import type { Span } from "../storage/span.ts";
import { blindSpans } from "./blindness.ts";
import { duration } from "./cause.ts";
import { type Incident, incidentsOf } from "./incidents.ts";
import { replay } from "./replay.ts";
import type { ServicesSettings } from "./service-settings.ts";
import { openServices } from "./services-file.ts";
import { allSet, setByName } from "./set-services.ts";

const HELP = `Usage: npm run history -- backtest --settings FILE [--from TIME] [--to TIME] [SERVICE...]

Says which incidents the stored pulses make by the settings of services in FILE, beside those that they make by the settings as they
are (PULSE_SERVICES_FILE, or none). What the API has set counts beside both. Changes nothing. Each line is an incident: with = by
both, with - only as it is set now, with + only by FILE.

  --settings FILE  settings of services, see docs/services.md
  --from TIME      an RFC 3339 time. @default seven days before --to
  --to TIME        an RFC 3339 time. @default now
  SERVICE          a service's name. @default all
  --help           prints this text

Exit code: 0 done, 1 a fault stopped it, 2 the command or a setting is wrong, 130 stopped by Ctrl-C.`;

const DEFAULT_SPAN_MS = 7 * DAY_MS;
/** The rhythm of a service is learnt from so much before the span. */
const LEARNING_MS = 8 * DAY_MS;

/** Runs the command; gives its exit code. */
export async function runBacktestCommand(args: readonly string[], io: CommandIo): Promise<number> {
  let store: CommandStore | undefined;
  try {
    const { file, span, services } = readOptions(args, Date.now());
    if (file === undefined) {
      io.say(HELP);
      return 0;
    }
    const { servicesFile } = functionSettings;
    const files = [
      readServices(readSettings({ servicesFile }, io.env).servicesFile, servicesFile.variable),
      readServices(file, "--settings"),
    ];
    const opened = await openCommandStore(io.env);
    ({ store } = opened);
    await store.check();
    const from = Math.max(span.from - LEARNING_MS, Date.now() - opened.retentionMs);
    const learning = { from: Math.min(from, span.from), to: span.to };
    const blind = await blindSpans(store, learning);
    const set = setByName(await allSet(store.health));
    const [present, other] = files.map((one) => one.with(set)) as [ServicesSettings, ServicesSettings];
    const names = services.length > 0 ? [services] : store.names();
    const counts = { services: 0, present: 0, other: 0 };
    for await (const chunk of names) {
      for (const service of chunk) {
        // It is in no list of services.
        if (service === OWN_SERVICE && services.length === 0) continue;
        const settings = [present.of(service), other.of(service)] as const;
        const runs = await replay({ reader: store, service, span: learning, blind, signal: io.signal }, settings);
        const [before = [], after = []] = settings.map(({ isRetired, maintenanceIn }, i) =>
          isRetired ? [] : incidentsWithin(span, incidentsOf(runs[i] ?? [], maintenanceIn(learning))),
        );
        counts.services++;
        counts.present += before.length;
        counts.other += after.length;
        for (const line of comparison(before, after)) io.say(`${forTerminal(service)} ${line}`);
      }
    }
    io.say(
      `${counts.services} services: ${counts.present} incidents as it is set now, ${counts.other} by ${forTerminal(basename(file))}`,
    );
    return 0;
  } catch (error) {
    return tellFailure(error, io);
  } finally {
    await store?.close();
  }
}

function readOptions(args: readonly string[], now: number): { file?: string; span: Span; services: string[] } {
  try {
    const text = { type: "string" } as const;
    const options = { help: { type: "boolean", short: "h" }, settings: text, from: text, to: text } as const;
    const { values, positionals: services } = parseArgs({ args: [...args], options, allowPositionals: true });
    const to = values.to === undefined ? now : timeOf("--to", values.to);
    const from = values.from === undefined ? to - DEFAULT_SPAN_MS : timeOf("--from", values.from);
    if (values.help) return { span: { from, to }, services };
    if (values.settings === undefined) throw new Error("Expected --settings FILE, got none");
    if (from >= to) throw new Error("Expected --from before --to, got a later time");
    return { file: values.settings, span: { from, to }, services };
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split(/\.\s/)[0]}. See --help.`);
  }
}

function timeOf(option: string, text: string): number {
  const time = parseTime(text);
  if (time === undefined) {
    throw new Error(`${option}: Expected an RFC 3339 time such as 2026-11-30T12:00:00Z, got ${forTerminal(text)}`);
  }
  return time;
}

/** As they are at this moment. @throws {SettingsError} */
function readServices(file: string | undefined, variable: string): ServicesSettings {
  const services = openServices({ file, variable, onRead: () => {}, onFailure: () => {} });
  services.close();
  return services.value;
}

function incidentsWithin({ from, to }: Span, incidents: readonly Incident[]): Incident[] {
  return incidents.filter(({ since, until = Number.POSITIVE_INFINITY }) => since < to && until > from);
}

function comparison(before: readonly Incident[], after: readonly Incident[]): string[] {
  const key = ({ since, until, health }: Incident) => `${since} ${until} ${health}`;
  const [keysBefore, keysAfter] = [new Set(before.map(key)), new Set(after.map(key))];
  const both = after.filter((one) => keysBefore.has(key(one))).map((one) => ({ sign: "=", one }));
  const gone = before.filter((one) => !keysAfter.has(key(one))).map((one) => ({ sign: "-", one }));
  const come = after.filter((one) => !keysBefore.has(key(one))).map((one) => ({ sign: "+", one }));
  return [...both, ...gone, ...come]
    .sort((a, b) => a.one.since - b.one.since)
    .map(({ sign, one }) => `${sign} ${inWords(one)}`);
}

/** Such as `2026-11-30T12:00:00.000Z for 5 min: down, 8 of 10 pulses said 503`. */
function inWords({ since, until, health, runs }: Incident): string {
  const lasted = until === undefined ? "lasts" : `for ${duration(until - since)}`;
  const cause = runs.find((run) => run.health === health)?.cause ?? "";
  return `${new Date(since).toISOString()} ${lasted}: ${health}, ${forTerminal(cause)}`;
}
