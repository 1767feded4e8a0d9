// Every series that panels and rules ask for, with its selector. `job` is the function's name: on a cluster by the
// PodMonitor's jobLabel, on a laptop by the list of targets. Only pulses may set the label `service`.
import { METRICS, OTHER_SERVICES } from "../functions/metrics/names.ts";
import { EVENT_LOOP_LAG } from "../http/process-metrics.ts";
import { BROKER_METRICS } from "../local/broker/metric-names.ts";
import { FUNCTIONS, type FunctionName } from "../settings/function-settings.ts";
import { series } from "./promql.ts";
import { RECENT } from "./timing.ts";

/** The local broker's `job`. */
export const BROKER_JOB = "pulse-broker";

const INGEST = job("pulse-ingest");
/** pulse-health sends pulses of PulseMesh itself. */
const TAKING = 'job=~"pulse-ingest|pulse-health"';
const PERSIST = job("pulse-persist");
const QUERY = job("pulse-query");
const DEADLETTER = job("pulse-deadletter");
const HEALTH = job("pulse-health");
/** The functions that read the settings of services. */
const READING_SETTINGS = 'job=~"pulse-query|pulse-health"';
const ANY_FUNCTION = `job=~"${FUNCTIONS.join("|")}"`;
const BROKER = job(BROKER_JOB);
const ANY_PROCESS = `job=~"${[...FUNCTIONS, BROKER_JOB].join("|")}"`;
const CASSANDRA_POD = 'container="cassandra"';
const CASSANDRA_VOLUME = 'persistentvolumeclaim=~".*cassandra.*"';
const KNATIVE_REVISION = 'kn_revision_name=~"pulse-.+"';
// Knative dispatches an event three times: to the channel, to the filter, and from the filter to the subscriber.
const KNATIVE_TRIGGER = 'messaging_destination_name=~"trigger:.+"';
const FUNCTION_CONTAINER = 'container="user-container",pod=~"pulse-.+"';

function job(name: FunctionName | typeof BROKER_JOB): string {
  return `job="${name}"`;
}

/** Series of the functions and of the local broker. */
export const SERIES = {
  ...ofJob(TAKING, ["accepted"]),
  ...ofJob(INGEST, ["rejected", "emitBatch", "emitLatency", "emitErrors", "emitInFlight", "emitQueue"]),
  ...ofJob(PERSIST, ["pulseLatency", "stored", "storedAgain", "unknownStatuses", "deliveryLag"]),
  ...ofJob(PERSIST, ["storeBatch", "storeLatency", "storeErrors", "storeQueue", "storeUsedBytes", "storeFreeBytes"]),
  ...ofJob(DEADLETTER, ["deadLetters", "deadLettersReplayed", "deadLetterPulses", "deadLetterPulsesReplayed"]),
  ...ofJob(HEALTH, ["serviceHealth", "serviceHealthSince", "serviceInMaintenance", "servicesLeftOut", "judgedUntil"]),
  ...ofJob(READING_SETTINGS, ["servicesFileValid"]),
  ...ofJob(ANY_FUNCTION, ["requests", "startSeconds"]),
  failedRequests: series(METRICS.requests, ANY_FUNCTION, 'code=~"5.."'),
  requestLatency: series(METRICS.requestLatency, ANY_FUNCTION, 'method="POST"'),
  readLatency: series(METRICS.requestLatency, QUERY, 'method="GET"'),
  /** Of every method: a ping may come by GET. */
  ingestRequests: series(METRICS.requests, INGEST),
  /** Not the client's fault: 429 means that pulse-ingest has no room, or of {@link servicesTurnedAway} that the bound is reached. */
  ingestFailures: series(METRICS.requests, INGEST, 'code=~"5..|429"'),
  /** Requests that were answered with 429 because they named a new service beyond the bound. */
  servicesTurnedAway: series(METRICS.rejected, INGEST, 'reason="services"'),
  /** Requests that named a new service beyond the bound. Spans of others are taken all the same. */
  servicesRefused: series(METRICS.rejected, INGEST, 'reason=~"services|partial-services"'),
  unacknowledged: series(METRICS.emitUnacknowledged, ANY_FUNCTION),
  /** Of single services. The services beyond the limit of labels count together and have no health. */
  lastPulse: series(METRICS.lastPulse, PERSIST, `service!="${OTHER_SERVICES}"`),
  /** Of all services beyond the limit of labels together. */
  storedOfOthers: series(METRICS.stored, PERSIST, `service="${OTHER_SERVICES}"`),
  /** Rates leave out pulses that were measured long before they arrived. The ledger counts all. */
  storedYoung: series(METRICS.stored, PERSIST, 'age=""'),
  storedOld: series(METRICS.stored, PERSIST, 'age="old"'),
  storedBad: series(METRICS.stored, PERSIST, 'age=""', 'health=~"down|degraded"'),
  cassandraNodesUp: series(METRICS.cassandraNodes, ANY_FUNCTION, 'state="up"'),
  persistNodesUp: series(METRICS.cassandraNodes, PERSIST, 'state="up"'),
  cassandraNodesDown: series(METRICS.cassandraNodes, ANY_FUNCTION, 'state="down"'),
  clockSkew: series(METRICS.clockSkew, ANY_FUNCTION),
  processStart: series("process_start_time_seconds", ANY_PROCESS),
  processCpu: series("process_cpu_seconds_total", ANY_PROCESS),
  processMemory: series("process_resident_memory_bytes", ANY_PROCESS),
  eventLoopLag: series(EVENT_LOOP_LAG, ANY_PROCESS),
  up: series("up", ANY_PROCESS),
  crashLooping: series("kube_pod_container_status_waiting_reason", FUNCTION_CONTAINER, 'reason="CrashLoopBackOff"'),
  brokerEvents: series(BROKER_METRICS.events, BROKER),
  brokerDeliveries: series(BROKER_METRICS.deliveries, BROKER),
  brokerRetried: series(BROKER_METRICS.deliveries, BROKER, 'outcome=~"retried|dead_letter_retried"'),
  brokerDeliverySeconds: series(BROKER_METRICS.deliverySeconds, BROKER),
  brokerCommitSeconds: series(BROKER_METRICS.commitSeconds, BROKER),
  brokerPending: series(BROKER_METRICS.pending, BROKER),
  brokerInFlight: series(BROKER_METRICS.inFlight, BROKER),
  brokerFreeBytes: series(BROKER_METRICS.freeBytes, BROKER),
} as const;

/** The functions' metrics that need no other matcher, under the same keys. */
function ofJob<K extends keyof typeof METRICS>(matcher: string, keys: readonly K[]): Record<K, string> {
  return Object.fromEntries(keys.map((key) => [key, series(METRICS[key], matcher)])) as Record<K, string>;
}

/** Knative's series, which only a cluster has. */
export const KNATIVE_SERIES = {
  podsDesired: series("kn_revision_pods_desired", KNATIVE_REVISION),
  podsCount: series("kn_revision_pods_count", KNATIVE_REVISION),
  podsPending: series("kn_revision_pods_pending_count", KNATIVE_REVISION),
  concurrency: series("kn_revision_concurrency_stable", KNATIVE_REVISION),
  concurrencyTarget: series("kn_revision_concurrency_target", KNATIVE_REVISION),
  panicMode: series("kn_revision_panic_mode", KNATIVE_REVISION),
  requestsQueued: series("kn_revision_request_queued", KNATIVE_REVISION),
  dispatches: series("kn_eventing_dispatch_duration_seconds_count", KNATIVE_TRIGGER),
  dispatchDuration: series("kn_eventing_dispatch_duration_seconds", KNATIVE_TRIGGER),
} as const;

/** Series of Cassandra's nodes, from their JMX exporter, kubelet and kube-state-metrics. */
export const CASSANDRA_SERIES = {
  ready: series("kube_statefulset_status_replicas_ready", 'statefulset=~".*cassandra.*"'),
  wanted: series("kube_statefulset_replicas", 'statefulset=~".*cassandra.*"'),
  diskFree: series("kubelet_volume_stats_available_bytes", CASSANDRA_VOLUME),
  diskSize: series("kubelet_volume_stats_capacity_bytes", CASSANDRA_VOLUME),
  cpu: series("container_cpu_usage_seconds_total", CASSANDRA_POD),
  memory: series("container_memory_working_set_bytes", CASSANDRA_POD),
  writeLatency: series("cassandra_client_request_latency_seconds", 'scope="Write"', 'quantile="0.99"'),
  readLatency: series("cassandra_client_request_latency_seconds", 'scope="Read"', 'quantile="0.99"'),
  timeouts: series("cassandra_client_request_timeouts_total"),
  compactions: series("cassandra_compaction_pending_tasks"),
  dropped: series("cassandra_dropped_messages_total"),
  hints: series("cassandra_hints_total"),
} as const;

/** The series that recording rules make, named `level:metric:operation`. */
export const RECORDED = {
  lastPulse: "service:pulsemesh_last_pulse_timestamp_seconds:max",
  /** As pulse-health says, while it judges. */
  health: "service:pulsemesh_service_health:max",
  /** What alerts rest on: without services in maintenance, and as it was last while no pulse-health judges. */
  watchedHealth: "service:pulsemesh_service_health:watched",
  /** Since when, without services in maintenance: it changes once with each run, also where other states were passed through. */
  watchedSince: "service:pulsemesh_service_health_since_seconds:watched",
  storedRate: `service:pulsemesh_pulses_stored:rate${RECENT}`,
  /** Pulses that are down or degraded, per second and of all. */
  badRate: `service:pulsemesh_pulses_bad:rate${RECENT}`,
  badShare: "service:pulsemesh_pulses_bad:ratio1h",
  latencyP95Lately: "service:pulsemesh_pulse_latency_seconds:p95_1h",
  latencyP95: `service:pulsemesh_pulse_latency_seconds:p95_${RECENT}`,
  unaccounted: "pulsemesh:pulses_unaccounted:total1h",
  accepted: "pulsemesh:pulses_accepted:total1h",
  ingestFailureRatio: (window: string) => `pulsemesh:ingest_failures:ratio${window}`,
} as const;
