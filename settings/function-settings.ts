import { doorSettings } from "./door-settings.ts";
import { httpUrl, integer, text, word } from "./field.ts";
import { dataDir } from "./local-settings.ts";
import { type SettingsOf, setting } from "./setting.ts";
import { ceOverrides, certificates } from "./sink-fields.ts";

export const FUNCTIONS = ["pulse-ingest", "pulse-persist", "pulse-query", "pulse-deadletter", "pulse-health"] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

const MIB = 1024 * 1024;
const TIMEOUT_MS = { min: 100, max: 600_000 };

/** The settings of a function's process. */
export const functionSettings = {
  function: setting("PULSE_FUNCTION", word(FUNCTIONS, "pulse-ingest"), "The function that this process runs."),
  port: setting(
    "PORT",
    integer({ min: 1, max: 65_535, fallback: 8080 }),
    "The port that the function listens on. Knative sets it.",
  ),
  otlpPort: setting(
    "PULSE_OTLP_PORT",
    integer({ min: 1, max: 65_535 }),
    "A second port of pulse-ingest, at loopback alone, where OpenTelemetry's exporters look by default (4318). Absent: none.",
  ),
  ...doorSettings,
  sink: setting(
    "K_SINK",
    httpUrl,
    "The broker: pulse-ingest sends events to it, pulse-deadletter replays them to it, pulse-health tells it of changes, and none of them starts without it. SinkBinding sets it.",
  ),
  sinkExtensions: setting(
    "K_CE_OVERRIDES",
    ceOverrides,
    "Extensions that are added to each event to the broker, or replace the event's with the same name. SinkBinding sets it.",
  ),
  sinkCertificates: setting(
    "K_CA_CERTS",
    certificates,
    "Certificate authorities that may vouch for a broker at an https:// URL, besides those that Node knows. SinkBinding sets it.",
  ),
  persistUrl: setting(
    "PULSE_PERSIST_URL",
    httpUrl,
    "Where pulse-query reaches pulse-persist, to show on its page why pulses are not stored, and pulse-ingest, to learn which services there are. Absent: the page shows no reason, and pulse-ingest knows the services that it has let in since its start.",
  ),
  sinkTokenFile: setting(
    "PULSE_SINK_TOKEN_FILE",
    text("a file's path"),
    "Holds the bearer token that is sent with each event, for a broker that asks who sends. It is read again every 30 s.",
  ),
  deadLetterUrl: setting(
    "PULSE_DEADLETTER_URL",
    httpUrl,
    "Where pulse-query reaches pulse-deadletter, to show and replay dead letters on its page. Absent: the page shows none.",
  ),
  ingestUrl: setting(
    "PULSE_INGEST_URL",
    httpUrl,
    "Where services reach pulse-ingest, for the command that pulse-query's page shows until the first pulse. Absent: on a laptop (`make run`) pulse-ingest's port there, elsewhere http://localhost:8080.",
  ),
  logLevel: setting(
    "PULSE_LOG_LEVEL",
    word(["fatal", "error", "warn", "info", "debug", "trace", "silent"], "info"),
    "The least severe log line that is written. `debug` writes a line for every event.",
  ),
  maxBodyBytes: setting(
    "PULSE_MAX_BODY_BYTES",
    integer({ min: 65_536, max: 64 * MIB, fallback: 4 * MIB }),
    "The largest request body. A larger one is answered with 413.",
  ),
  maxPulses: setting(
    "PULSE_MAX_PULSES",
    integer({ min: 1, max: 1_000_000, fallback: 10_000 }),
    "The most pulses in a request. More are answered with 400; of spans, those beyond are rejected.",
  ),
  maxReadingBytes: setting(
    "PULSE_MAX_READING_BYTES",
    integer({ min: MIB, max: 1024 * MIB, fallback: 6 * MIB }),
    "The most bytes of bodies that are read at one time. When they are exceeded, a body is answered with 429: a large one of the client that sends most.",
  ),
  requestTimeoutMs: setting(
    "PULSE_REQUEST_TIMEOUT_MS",
    integer({ ...TIMEOUT_MS, fallback: 10_000 }),
    "How long a client may take to send a request. A slower one is answered with 408, as is one that sends less than 1 kB a second for half of that time.",
  ),
  answerTimeoutMs: setting(
    "PULSE_ANSWER_TIMEOUT_MS",
    integer({ ...TIMEOUT_MS, fallback: 30_000 }),
    "How long a client may take next to nothing of an answer that waits for it, such as an export or a live stream. Then its connection is cut.",
  ),
  maxEventBytes: setting(
    "PULSE_MAX_EVENT_BYTES",
    // The largest pulse that the rules allow takes 214 kB.
    integer({ min: 262_144, max: 16 * MIB, fallback: 512_000 }),
    "The largest event that leaves pulse-ingest (Kafka's default limit is 1 MB). A larger request is split.",
  ),
  emitMaxInFlight: setting(
    "PULSE_EMIT_MAX_IN_FLIGHT",
    integer({ min: 1, max: 256, fallback: 4 }),
    "Events on their way to the broker at one time. While an event is on its way, new pulses wait for the next one. It leaves without waiting once it is large enough.",
  ),
  emitDeadlineMs: setting(
    "PULSE_EMIT_DEADLINE_MS",
    integer({ ...TIMEOUT_MS, fallback: 10_000 }),
    "How long pulse-ingest, pulse-deadletter and pulse-health try to hand an event to the broker, with six tries at most. Then pulse-ingest answers 503.",
  ),
  bufferMaxPulses: setting(
    "PULSE_BUFFER_MAX_PULSES",
    integer({ min: 1, max: 10_000_000, fallback: 20_000 }),
    "The most pulses that wait in pulse-ingest for the broker. More are answered with 429.",
  ),
  bufferMaxBytes: setting(
    "PULSE_BUFFER_MAX_BYTES",
    integer({ min: 65_536, max: 1024 * MIB, fallback: 8 * MIB }),
    "The most bytes that wait in pulse-ingest for the broker. More are answered with 429.",
  ),
  maxServices: setting(
    "PULSE_MAX_SERVICES",
    integer({ min: 1, max: 100_000, fallback: 10_000 }),
    "The most services. Pulses of another one are answered with 429; those of services that there are go on. For each 10,000 that pulse every 10 seconds, pulse-health holds some 75 MB, and 160 MB after a month, and takes 2 s of CPU every 10 s: beyond 10,000 its `--max-old-space-size` has to grow with them.",
  ),
  maxServicesPerToken: setting(
    "PULSE_MAX_SERVICES_PER_TOKEN",
    integer({ min: 1, max: 100_000, fallback: 1000 }),
    "The most services for a token that is not for all. Pulses of another one are answered with 429.",
  ),
  retentionDays: setting(
    "PULSE_RETENTION_DAYS",
    integer({ min: 1, max: 3650, fallback: 30 }),
    "How long pulses are kept. An older pulse is refused. All processes of a store need the same value: on a cluster it is `retentionDays` of the chart. A Cassandra with its default `storage_compatibility_mode` keeps no row beyond 2038-01-19.",
  ),
  historyDays: setting(
    "PULSE_HISTORY_DAYS",
    integer({ min: 1, max: 3650, fallback: 400 }),
    "How long is kept what is known of each day: summaries reach back as far, also where the pulses are gone. All processes of a store need the same value: on a cluster it is `historyDays` of the chart.",
  ),
  cdEventsEnvironment: setting(
    "PULSE_CDEVENTS_ENVIRONMENT",
    text("the id of an environment, such as production"),
    "Where the services run: pulse-health then also sends [incident events of CDEvents](watching.md#cdevents), which name it. Absent: it sends none.",
  ),
  servicesFile: setting(
    "PULSE_SERVICES_FILE",
    text("a file's path"),
    "What is set for services, in YAML: see [settings of services](services.md). Absent: nothing.",
  ),
  shutdownGraceMs: setting(
    "PULSE_SHUTDOWN_GRACE_MS",
    integer({ ...TIMEOUT_MS, fallback: 20_000 }),
    "How long a stopping function may take to answer the requests it has taken in.",
  ),
  dataDir,
  storeMaxBytes: setting(
    "PULSE_STORE_MAX_BYTES",
    integer({ min: MIB, max: 1024 * 1024 * MIB, fallback: 8 * 1024 * MIB }),
    "The quota of each SQLite store. A full one answers 503 until there is room.",
  ),
};

export type FunctionSettings = SettingsOf<typeof functionSettings>;
