// Every series that panels and rules ask for, with its selector, declared once. `job` is the function's name: on a cluster
// from the PodMonitor's jobLabel, on a laptop from the list of targets. Nothing else may set the label `service`: it is the
// pulses' own.
import type { Health } from "../events/health.ts";
import { METRICS, OTHER_SERVICES } from "../functions/metrics/names.ts";
import { BROKER_METRICS } from "../local/broker/metric-names.ts";
import { series } from "./promql.ts";

/** The functions, by the label `job`. */
export const JOBS = ["pulse-ingest", "pulse-persist", "pulse-query", "pulse-deadletter"] as const;
/** The local broker's `job`. */
export const BROKER_JOB = "pulse-broker";

const INGEST = 'job="pulse-ingest"';
const PERSIST = 'job="pulse-persist"';
const QUERY = 'job="pulse-query"';
const DEADLETTER = 'job="pulse-deadletter"';
const FUNCTIONS = `job=~"${JOBS.join("|")}"`;
const BROKER = `job="${BROKER_JOB}"`;
const PROCESSES = `job=~"${[...JOBS, BROKER_JOB].join("|")}"`;
const CASSANDRA_POD = 'container="cassandra"';
const CASSANDRA_VOLUME = 'persistentvolumeclaim=~".*cassandra.*"';
const KNATIVE_REVISION = 'kn_revision_name=~"pulse-.+"';
// An event is dispatched three times on its way: to the channel, to the filter, and by the filter to the subscriber.
const KNATIVE_TRIGGER = 'messaging_destination_name=~"trigger:.+"';
const FUNCTION_CONTAINER = 'container="user-container",pod=~"pulse-.+"';

/** Series of the functions and of the local broker. */
export const SERIES = {
  requests: series(METRICS.requests, FUNCTIONS),
  failedRequests: series(METRICS.requests, FUNCTIONS, 'code=~"5.."'),
  requestLatency: series(METRICS.requestLatency, FUNCTIONS, 'method="POST"'),
  readLatency: series(METRICS.requestLatency, QUERY, 'method="GET"'),
  ingestRequests: series(METRICS.requests, INGEST, 'method="POST"'),
  /** What a client did right and did not get: 429 is our lack of room. */
  ingestFailures: series(METRICS.requests, INGEST, 'method="POST"', 'code=~"5..|429"'),
  accepted: series(METRICS.accepted, INGEST),
  rejected: series(METRICS.rejected, INGEST),
  unacknowledged: series(METRICS.emitUnacknowledged, FUNCTIONS),
  emitBatch: series(METRICS.emitBatch, INGEST),
  emitLatency: series(METRICS.emitLatency, INGEST),
  emitErrors: series(METRICS.emitErrors, INGEST),
  emitInFlight: series(METRICS.emitInFlight, INGEST),
  emitQueue: series(METRICS.emitQueue, INGEST),
  pulseLatency: series(METRICS.pulseLatency, PERSIST),
  stored: series(METRICS.stored, PERSIST),
  storedAgain: series(METRICS.storedAgain, PERSIST),
  /** Of single services: the collective of those beyond the limit has no health of its own. */
  lastPulse: series(METRICS.lastPulse, PERSIST, `service!="${OTHER_SERVICES}"`),
  lastPulseOf: (health: Health) => series(METRICS.lastPulse, PERSIST, `health="${health}"`),
  deliveryLag: series(METRICS.deliveryLag, PERSIST),
  storeBatch: series(METRICS.storeBatch, PERSIST),
  storeLatency: series(METRICS.storeLatency, PERSIST),
  storeErrors: series(METRICS.storeErrors, PERSIST),
  storeQueue: series(METRICS.storeQueue, PERSIST),
  storeUsedBytes: series(METRICS.storeUsedBytes, PERSIST),
  storeFreeBytes: series(METRICS.storeFreeBytes, PERSIST),
  cassandraNodesUp: series(METRICS.cassandraNodes, FUNCTIONS, 'state="up"'),
  cassandraNodesDown: series(METRICS.cassandraNodes, FUNCTIONS, 'state="down"'),
  deadLetters: series(METRICS.deadLetters, DEADLETTER),
  deadLettersReplayed: series(METRICS.deadLettersReplayed, DEADLETTER),
  deadLetterPulses: series(METRICS.deadLetterPulses, DEADLETTER),
  deadLetterPulsesReplayed: series(METRICS.deadLetterPulsesReplayed, DEADLETTER),
  startSeconds: series(METRICS.startSeconds, FUNCTIONS),
  processStart: series("process_start_time_seconds", PROCESSES),
  processCpu: series("process_cpu_seconds_total", PROCESSES),
  processMemory: series("process_resident_memory_bytes", PROCESSES),
  eventLoopLag: series("nodejs_eventloop_lag_p99_seconds", PROCESSES),
  up: series("up", PROCESSES),
  brokerEvents: series(BROKER_METRICS.events, BROKER),
  brokerDeliveries: series(BROKER_METRICS.deliveries, BROKER),
  brokerDropped: series(BROKER_METRICS.deliveries, BROKER, 'outcome="dropped"'),
  brokerRetried: series(BROKER_METRICS.deliveries, BROKER, 'outcome=~"retried|dead_letter_retried"'),
  brokerDeliverySeconds: series(BROKER_METRICS.deliverySeconds, BROKER),
  brokerCommitSeconds: series(BROKER_METRICS.commitSeconds, BROKER),
  brokerPending: series(BROKER_METRICS.pending, BROKER),
  brokerInFlight: series(BROKER_METRICS.inFlight, BROKER),
  brokerFreeBytes: series(BROKER_METRICS.freeBytes, BROKER),
} as const;

/** Series that only a cluster has: Knative's, kubelet's, kube-state-metrics' and those of Cassandra's nodes. */
export const CLUSTER_SERIES = {
  podsDesired: series("kn_revision_pods_desired", KNATIVE_REVISION),
  podsCount: series("kn_revision_pods_count", KNATIVE_REVISION),
  podsPending: series("kn_revision_pods_pending_count", KNATIVE_REVISION),
  concurrency: series("kn_revision_concurrency_stable", KNATIVE_REVISION),
  concurrencyTarget: series("kn_revision_concurrency_target", KNATIVE_REVISION),
  panicMode: series("kn_revision_panic_mode", KNATIVE_REVISION),
  requestsQueued: series("kn_revision_request_queued", KNATIVE_REVISION),
  dispatches: series("kn_eventing_dispatch_duration_seconds_count", KNATIVE_TRIGGER),
  dispatchDuration: series("kn_eventing_dispatch_duration_seconds", KNATIVE_TRIGGER),
  crashLooping: series("kube_pod_container_status_waiting_reason", FUNCTION_CONTAINER, 'reason="CrashLoopBackOff"'),
  cassandraReady: series("kube_statefulset_status_replicas_ready", 'statefulset=~".*cassandra.*"'),
  cassandraWanted: series("kube_statefulset_replicas", 'statefulset=~".*cassandra.*"'),
  cassandraDiskFree: series("kubelet_volume_stats_available_bytes", CASSANDRA_VOLUME),
  cassandraDiskSize: series("kubelet_volume_stats_capacity_bytes", CASSANDRA_VOLUME),
  cassandraCpu: series("container_cpu_usage_seconds_total", CASSANDRA_POD),
  cassandraMemory: series("container_memory_working_set_bytes", CASSANDRA_POD),
  cassandraWriteLatency: series("cassandra_client_request_latency_seconds", 'scope="Write"', 'quantile="0.99"'),
  cassandraReadLatency: series("cassandra_client_request_latency_seconds", 'scope="Read"', 'quantile="0.99"'),
  cassandraTimeouts: series("cassandra_client_request_timeouts_total"),
  cassandraCompactions: series("cassandra_compaction_pending_tasks"),
  cassandraDropped: series("cassandra_dropped_messages_total"),
  cassandraHints: series("cassandra_hints_total"),
} as const;

/** What the recording rules leave for panels and alerts; `level:metric:operation`. */
export const RECORDED = {
  lastPulse: "service:pulsemesh_last_pulse_timestamp_seconds:max",
  /** 1 where this tick has seen a new sighting, 0 where not. */
  isSighting: "service:pulsemesh_sighting:bool",
  /** The newest sighting and those before it. */
  sighting: (ago: number) => `service:pulsemesh_sighting_timestamp_seconds:ago${ago}`,
  usualPeriod: "service:pulsemesh_usual_period_seconds:learnt",
  setPeriod: "service:pulsemesh_usual_period_seconds:set",
  lateAfter: "service:pulsemesh_late_after_seconds",
  health: "service:pulsemesh_health:code",
  storedRate: "service:pulsemesh_pulses_stored:rate5m",
  latencyP95: "service:pulsemesh_pulse_latency_seconds:p95_5m",
  unaccounted: "pulsemesh:pulses_unaccounted:total1h",
  accepted: "pulsemesh:pulses_accepted:total1h",
  ingestFailureRatio: (window: string) => `pulsemesh:ingest_failures:ratio${window}`,
} as const;
