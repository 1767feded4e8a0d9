import { isIP } from "node:net";
import { integer, parsedText, text } from "./field.ts";
import { type SettingsOf, setting } from "./setting.ts";

const MIB = 1024 * 1024;

function port(variable: string, fallback: number, what: string) {
  return setting(variable, integer({ min: 1, max: 65_535, fallback }), `The port of ${what}.`);
}

/** Everything that keeps files on a laptop reads this setting. */
export const dataDir = setting(
  "PULSE_DATA_DIR",
  text("a folder's path", ".pulsemesh"),
  "Where the SQLite stores, the local broker, `make cassandra` and `npm run send` keep their files. New folders and all files in it are their user's alone.",
);

export const listenAddress = setting(
  "PULSE_LISTEN_ADDRESS",
  parsedText("localhost or an IP address", (value) => (value === "localhost" || isIP(value) !== 0 ? value : undefined)),
  "The address at which pulse-ingest and pulse-query listen, besides loopback; `::` is every one. On a laptop (`make run`) the other processes listen at loopback only. Absent: on a laptop `localhost`, which is loopback alone; in a container `::`, for every function.",
);

export const allowedHosts = setting(
  "PULSE_ALLOWED_HOSTS",
  parsedText("names of hosts without ports, separated by commas", (value): readonly string[] | undefined => {
    const names = value.toLowerCase().split(/\s*,\s*/);
    return names.every((name) => /^(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/.test(name)) ? names : undefined;
  }),
  "The names under which clients may reach the processes (`*.shop.example` is every name under it), besides IP addresses, `localhost` and names under it. A request for another host is answered with 421. Absent: on a laptop none besides, in a container any.",
);

/** The settings of the laptop platform: `make run` and `make dev`. */
export const localSettings = {
  ingestPort: port("PULSE_LOCAL_INGEST_PORT", 8080, "pulse-ingest"),
  queryPort: port("PULSE_LOCAL_QUERY_PORT", 8081, "pulse-query"),
  persistPort: port("PULSE_LOCAL_PERSIST_PORT", 8082, "pulse-persist"),
  deadletterPort: port("PULSE_LOCAL_DEADLETTER_PORT", 8083, "pulse-deadletter"),
  healthPort: port("PULSE_LOCAL_HEALTH_PORT", 8084, "pulse-health"),
  brokerPort: port("PULSE_LOCAL_BROKER_PORT", 8090, "the local broker"),
  otlpPort: port(
    "PULSE_LOCAL_OTLP_PORT",
    4318,
    "pulse-ingest for OpenTelemetry's exporters, at loopback. It goes without where the port is taken",
  ),
  listenAddress,
  allowedHosts,
  dataDir,
  brokerMaxBytes: setting(
    "PULSE_LOCAL_BROKER_MAX_BYTES",
    integer({ min: MIB, max: 1024 * 1024 * MIB, fallback: 1024 * MIB }),
    "The quota of the broker's file. While the file is full, the broker answers 503.",
  ),
  triggersFile: setting(
    "PULSE_TRIGGERS_FILE",
    text("a file's path"),
    "Triggers of the local broker besides its own, as YAML documents of Knative's `kind: Trigger` whose `subscriber` has a `uri`: see [watching.md](watching.md#webhooks). It is read at the start.",
  ),
};

export type LocalSettings = SettingsOf<typeof localSettings>;
