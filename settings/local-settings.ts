import { integer, type SettingsOf, text } from "./setting.ts";

const MIB = 1024 * 1024;

function port(variable: string, fallback: number, what: string) {
  return integer(variable, { fallback, min: 1, max: 65_535, doc: `The port of ${what}.` });
}

/** The settings of the laptop platform: `make run` and `make dev`. */
export const localSettings = {
  ingestPort: port("PULSE_LOCAL_INGEST_PORT", 8080, "pulse-ingest"),
  queryPort: port("PULSE_LOCAL_QUERY_PORT", 8081, "pulse-query"),
  persistPort: port("PULSE_LOCAL_PERSIST_PORT", 8082, "pulse-persist"),
  deadletterPort: port("PULSE_LOCAL_DEADLETTER_PORT", 8083, "pulse-deadletter"),
  brokerPort: port("PULSE_LOCAL_BROKER_PORT", 8090, "the local broker"),
  dataDir: text("PULSE_DATA_DIR", {
    fallback: ".pulsemesh",
    expectation: "a folder's path",
    doc: "Where the SQLite stores and the local broker keep their files.",
  }),
  brokerMaxBytes: integer("PULSE_LOCAL_BROKER_MAX_BYTES", {
    fallback: 1024 * MIB,
    min: MIB,
    max: 1024 * 1024 * MIB,
    doc: "The quota of the broker's file; while it is full the broker answers 503.",
  }),
};

export type LocalSettings = SettingsOf<typeof localSettings>;
