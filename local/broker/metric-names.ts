/** The names of the local broker's metrics: a contract, from which dashboards and rules are built. */
export const BROKER_METRICS = {
  events: "pulsemesh_broker_events_total",
  deliveries: "pulsemesh_broker_deliveries_total",
  deliverySeconds: "pulsemesh_broker_delivery_seconds",
  commitSeconds: "pulsemesh_broker_commit_seconds",
  freeBytes: "pulsemesh_broker_free_bytes",
  pending: "pulsemesh_broker_pending",
  inFlight: "pulsemesh_broker_in_flight",
  memoryBytes: "pulsemesh_broker_memory_bytes",
} as const;
