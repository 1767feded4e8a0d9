// The metrics' names and their one fixed label value. Dashboards and rules are built from them, so that a change here is a
// change of contract.

export const METRICS = {
  requests: "pulsemesh_requests_total",
  requestLatency: "pulsemesh_request_latency_seconds",
  accepted: "pulsemesh_pulses_accepted_total",
  rejected: "pulsemesh_pulses_rejected_total",
  emitBatch: "pulsemesh_emit_batch_pulses",
  emitLatency: "pulsemesh_emit_latency_seconds",
  emitErrors: "pulsemesh_emit_errors_total",
  emitInFlight: "pulsemesh_emit_in_flight",
  emitQueue: "pulsemesh_emit_queue_pulses",
  emitUnacknowledged: "pulsemesh_emit_unacknowledged_pulses_total",
  pulseLatency: "pulsemesh_pulse_latency_seconds",
  stored: "pulsemesh_pulses_stored_total",
  storedAgain: "pulsemesh_pulses_stored_again_total",
  unknownStatuses: "pulsemesh_unknown_statuses_total",
  lastPulse: "pulsemesh_last_pulse_timestamp_seconds",
  deliveryLag: "pulsemesh_delivery_lag_seconds",
  storeBatch: "pulsemesh_store_batch_rows",
  storeLatency: "pulsemesh_store_latency_seconds",
  storeErrors: "pulsemesh_store_errors_total",
  storeQueue: "pulsemesh_store_queue_rows",
  storeUsedBytes: "pulsemesh_store_used_bytes",
  storeFreeBytes: "pulsemesh_store_free_bytes",
  cassandraNodes: "pulsemesh_cassandra_nodes",
  clockSkew: "pulsemesh_clock_skew_seconds",
  deadLetters: "pulsemesh_dead_letters_total",
  deadLettersReplayed: "pulsemesh_dead_letters_replayed_total",
  deadLetterPulses: "pulsemesh_dead_letter_pulses_total",
  deadLetterPulsesReplayed: "pulsemesh_dead_letter_pulses_replayed_total",
  serviceHealth: "pulsemesh_service_health",
  serviceHealthSince: "pulsemesh_service_health_since_seconds",
  serviceInMaintenance: "pulsemesh_service_in_maintenance",
  servicesLeftOut: "pulsemesh_service_health_left_out",
  judgedUntil: "pulsemesh_health_judged_timestamp_seconds",
  untold: "pulsemesh_health_untold_services",
  servicesFileValid: "pulsemesh_services_file_valid",
  startSeconds: "pulsemesh_start_seconds",
} as const;

/** The label `service` of all services beyond the first {@link MAX_SERVICE_LABELS}. */
export const OTHER_SERVICES = "_other";
export const MAX_SERVICE_LABELS = 1000;

/** The label `status` of all statuses beyond the first {@link MAX_STATUS_LABELS}. */
export const OTHER_STATUSES = "_other";
export const MAX_STATUS_LABELS = 20;
