import { choice, httpUrl, integer, type SettingsOf, text } from "./setting.ts";

export const FUNCTIONS = ["pulse-ingest", "pulse-persist", "pulse-query", "pulse-deadletter"] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

const MIB = 1024 * 1024;

/** The settings of a function's process. */
export const functionSettings = {
  function: choice("PULSE_FUNCTION", {
    values: FUNCTIONS,
    fallback: "pulse-ingest",
    doc: "The function that this process is.",
  }),
  port: integer("PORT", { fallback: 8080, min: 1, max: 65_535, doc: "The port it listens on; Knative sets it." }),
  sink: httpUrl("K_SINK", {
    doc: "Where pulse-ingest sends events and pulse-deadletter replays them to: the broker. SinkBinding sets it; they do not start without.",
  }),
  deadLetterUrl: httpUrl("PULSE_DEADLETTER_URL", {
    doc: "Where pulse-query reaches pulse-deadletter, to show and replay dead letters on its page. Absent: it shows none.",
  }),
  ingestUrl: httpUrl("PULSE_INGEST_URL", {
    doc: "Where services reach pulse-ingest, for the command that pulse-query's page shows while no service has pulsed. Absent: http://localhost:8080.",
  }),
  logLevel: choice("PULSE_LOG_LEVEL", {
    values: ["fatal", "error", "warn", "info", "debug", "trace", "silent"],
    fallback: "info",
    doc: "The least severe log line that is written; `debug` has a line for every event.",
  }),
  maxBodyBytes: integer("PULSE_MAX_BODY_BYTES", {
    fallback: 4 * MIB,
    min: 65_536,
    max: 64 * MIB,
    doc: "The largest request body; a larger one is 413.",
  }),
  maxPulses: integer("PULSE_MAX_PULSES", {
    fallback: 10_000,
    min: 1,
    max: 1_000_000,
    doc: "The most pulses in a request; more are 400.",
  }),
  maxReadingBytes: integer("PULSE_MAX_READING_BYTES", {
    fallback: 6 * MIB,
    min: MIB,
    max: 1024 * MIB,
    doc: "The most bytes of bodies being read at one time; a request beyond is 429.",
  }),
  requestTimeoutMs: integer("PULSE_REQUEST_TIMEOUT_MS", {
    fallback: 10_000,
    min: 100,
    max: 600_000,
    doc: "How long a client may take to send a request; slower is 408.",
  }),
  maxEventBytes: integer("PULSE_MAX_EVENT_BYTES", {
    fallback: 512_000,
    min: 262_144, // the largest pulse that the rules allow takes 214 kB
    max: 16 * MIB,
    doc: "The largest event that leaves pulse-ingest (Kafka's default limit is 1 MB); a larger request is split.",
  }),
  emitMaxInFlight: integer("PULSE_EMIT_MAX_IN_FLIGHT", {
    fallback: 4,
    min: 1,
    max: 256,
    doc: "Events on their way to the broker at one time. While one is, pulses gather into the next, which leaves beside it once it has 40, or 16 and all clients wait.",
  }),
  emitDeadlineMs: integer("PULSE_EMIT_DEADLINE_MS", {
    fallback: 10_000,
    min: 100,
    max: 600_000,
    doc: "How long pulse-ingest tries to hand an event to the broker before it answers 503.",
  }),
  bufferMaxPulses: integer("PULSE_BUFFER_MAX_PULSES", {
    fallback: 20_000,
    min: 1,
    max: 10_000_000,
    doc: "Pulses that may wait in pulse-ingest for the broker; beyond it is 429.",
  }),
  bufferMaxBytes: integer("PULSE_BUFFER_MAX_BYTES", {
    fallback: 8 * MIB,
    min: 65_536,
    max: 1024 * MIB,
    doc: "The same in bytes.",
  }),
  tokensFile: text("PULSE_INGEST_TOKENS_FILE", {
    expectation: "a file's path",
    doc: "Bearer tokens that may send, one a line, each optionally followed by the services it may send for (`*` at the end matches the rest). Read again when it changes. Absent: anyone may send.",
  }),
  retentionDays: integer("PULSE_RETENTION_DAYS", {
    fallback: 30,
    min: 1,
    max: 3650,
    doc: "How long pulses are kept; an older one is refused.",
  }),
  shutdownGraceMs: integer("PULSE_SHUTDOWN_GRACE_MS", {
    fallback: 20_000,
    min: 100,
    max: 600_000,
    doc: "How long a stopping function may take to answer what it has taken in.",
  }),
  dataDir: text("PULSE_DATA_DIR", {
    fallback: ".pulsemesh",
    expectation: "a folder's path",
    doc: "Where the SQLite stores and the local broker keep their files.",
  }),
  storeMaxBytes: integer("PULSE_STORE_MAX_BYTES", {
    fallback: 8 * 1024 * MIB,
    min: MIB,
    max: 1024 * 1024 * MIB,
    doc: "The quota of each SQLite store; a full one answers 503 until there is room.",
  }),
};

export type FunctionSettings = SettingsOf<typeof functionSettings>;
