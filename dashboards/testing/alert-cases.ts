// Two cases for each alert: a situation in which it fires, and a similar one in which it stays silent. Series are in
// promtool's notation: `0+6x60` is 0 and 60 further samples that grow by 6, `_` is no sample, `stale` ends a series.

export interface AlertCase {
  title: string;
  series: Readonly<Record<string, string>>;
  /** Between two samples. @default "1m" */
  interval?: string;
  /** Between two evaluations of the rules. @default "1m". Where the usual period matters, "15s" as in production. */
  tick?: string;
  /** The time at which {@link firing} is compared. */
  at: string;
  /** Every alert that fires, each as `name{label="value"}`. */
  firing: readonly string[];
}

const LAST = "pulsemesh_last_pulse_timestamp_seconds";
const UP = 'job="pulse-persist",service="checkout",health="up"';
const DOWN = 'job="pulse-persist",service="checkout",health="down"';
const DEGRADED = 'job="pulse-persist",service="checkout",health="degraded"';
const OK_POSTS = 'pulsemesh_requests_total{job="pulse-ingest",function="pulse-ingest",method="POST",code="202"}';
const FAILED_POSTS = 'pulsemesh_requests_total{job="pulse-ingest",function="pulse-ingest",method="POST",code="503"}';
const BAD_POSTS = 'pulsemesh_requests_total{job="pulse-ingest",function="pulse-ingest",method="POST",code="400"}';
const REFUSED_SERVICES = 'pulsemesh_pulses_rejected_total{job="pulse-ingest",reason="services"}';
const REFUSED_OTHERS = 'pulsemesh_pulses_rejected_total{job="pulse-ingest",reason="invalid"}';
const ACCEPTED = 'pulsemesh_pulses_accepted_total{job="pulse-ingest",service="checkout",health="up"}';
const STORED = 'pulsemesh_pulses_stored_total{job="pulse-persist",service="checkout",health="up"}';
const STORED_OF_OTHERS = 'pulsemesh_pulses_stored_total{job="pulse-persist",service="_other",health="up"}';
const DEAD_LETTERS = 'pulsemesh_dead_letters_total{job="pulse-deadletter",reason="invalid"}';
const DEAD_PULSES = 'pulsemesh_dead_letter_pulses_total{job="pulse-deadletter"}';
const STORE_BATCHES = 'pulsemesh_store_batch_rows_count{job="pulse-persist"}';
const STORE_ERRORS = 'pulsemesh_store_errors_total{job="pulse-persist",outcome="retry"}';
const FREE = 'pulsemesh_store_free_bytes{job="pulse-persist"}';
const USED = 'pulsemesh_store_used_bytes{job="pulse-persist"}';

function lag(le: string): string {
  return `pulsemesh_delivery_lag_seconds_bucket{job="pulse-persist",le="${le}"}`;
}

/** The two cases of each alert. */
export const ALERT_CASES: Readonly<Record<string, { fires: AlertCase; staysSilent: AlertCase }>> = {
  PulseServiceStopped: {
    fires: {
      title: "a service that pulsed each minute has been silent for seven, and pulse-persist has scaled to zero since",
      series: { [`${LAST}{${UP}}`]: "0+60x60 3600 stale" },
      tick: "15s",
      at: "68m",
      firing: ['PulseServiceStopped{service="checkout"}'],
    },
    staysSilent: {
      title: "a service that pulses every ten minutes has been silent for 25",
      series: { [`${LAST}{${UP}}`]: "0x9 600x9 1200x9 1800x9 2400x25" },
      tick: "15s",
      at: "65m",
      firing: [],
    },
  },
  PulseServiceDown: {
    fires: {
      title: "the newest pulse has said down for three minutes",
      series: { [`${LAST}{${UP}}`]: "0+60x27 1620x10", [`${LAST}{${DOWN}}`]: "_x27 1680+60x5" },
      tick: "15s",
      at: "32m",
      firing: ['PulseServiceDown{service="checkout"}'],
    },
    staysSilent: {
      title: "one pulse said down between others that say up",
      series: { [`${LAST}{${UP}}`]: "0+60x40", [`${LAST}{${DOWN}}`]: "_x27 1620x10" },
      tick: "15s",
      at: "32m",
      firing: [],
    },
  },
  PulseServiceDegraded: {
    fires: {
      title: "the newest pulse has said degraded for seven minutes",
      series: { [`${LAST}{${DEGRADED}}`]: "0+60x7" },
      tick: "15s",
      at: "7m",
      firing: ['PulseServiceDegraded{service="checkout"}'],
    },
    staysSilent: {
      title: "the newest pulse has said degraded for three minutes",
      series: { [`${LAST}{${DEGRADED}}`]: "0+60x3" },
      tick: "15s",
      at: "3m",
      firing: [],
    },
  },
  PulseServicesUnwatched: {
    fires: {
      title: "a pulse-persist that started from zero has stored three pulses of services beyond the limit of labels",
      series: { [STORED_OF_OTHERS]: "_x20 3x20" },
      at: "40m",
      firing: ["PulseServicesUnwatched"],
    },
    staysSilent: {
      title: "the last pulse of a service beyond the limit came more than an hour ago, and others are stored",
      series: { [STORED_OF_OTHERS]: "0x5 3x85", [STORED]: "0+60x90" },
      at: "80m",
      firing: [],
    },
  },
  PulseIngestBurnsFast: {
    fires: {
      title: "one post in twenty fails for an hour",
      series: { [OK_POSTS]: "0+95x70", [FAILED_POSTS]: "0+5x70" },
      at: "70m",
      firing: ["PulseIngestBurnsFast", "PulseIngestBurnsSlowly"],
    },
    staysSilent: {
      title: "one post in twenty is the client's fault, and other failures ended half an hour ago",
      series: { [OK_POSTS]: "0+1000x70", [BAD_POSTS]: "0+50x70", [FAILED_POSTS]: "0+5x35 175x35" },
      at: "70m",
      firing: [],
    },
  },
  PulseIngestBurnsSlowly: {
    fires: {
      title: "four posts in a thousand fail for a day",
      interval: "5m",
      tick: "5m",
      series: { [OK_POSTS]: "0+996x300", [FAILED_POSTS]: "0+4x300" },
      at: "25h",
      firing: ["PulseIngestBurnsSlowly"],
    },
    staysSilent: {
      title: "one post in a thousand fails for a day, which the budget allows",
      interval: "5m",
      tick: "5m",
      series: { [OK_POSTS]: "0+999x300", [FAILED_POSTS]: "0+1x300" },
      at: "25h",
      firing: [],
    },
  },
  PulseDeliveryLag: {
    fires: {
      title: "one event in ten takes up to ten seconds",
      series: { [lag("1")]: "0+90x30", [lag("5")]: "0+90x30", [lag("10")]: "0+100x30", [lag("+Inf")]: "0+100x30" },
      at: "20m",
      firing: ["PulseDeliveryLag"],
    },
    staysSilent: {
      title: "one event in a hundred takes up to ten seconds",
      series: { [lag("1")]: "0+99x30", [lag("5")]: "0+99x30", [lag("10")]: "0+100x30", [lag("+Inf")]: "0+100x30" },
      at: "20m",
      firing: [],
    },
  },
  PulseServicesRefused: {
    fires: {
      title: "a pulse-ingest that has just started has refused one request for its new service",
      series: { [REFUSED_SERVICES]: "_x20 1x5" },
      at: "23m",
      firing: ["PulseServicesRefused"],
    },
    staysSilent: {
      title: "requests are refused for other reasons, and the last new service was refused an hour ago",
      series: { [REFUSED_SERVICES]: "0x10 1x60", [REFUSED_OTHERS]: "0+60x70" },
      at: "70m",
      firing: [],
    },
  },
  PulseDeadLettersGrow: {
    fires: {
      title: "a function that started from zero has one dead letter at its first scrape",
      series: { [DEAD_LETTERS]: "_x20 1x5" },
      at: "23m",
      firing: ['PulseDeadLettersGrow{reason="invalid"}'],
    },
    staysSilent: {
      title: "the last dead letter came an hour ago",
      series: { [DEAD_LETTERS]: "0x10 1x60" },
      at: "70m",
      firing: [],
    },
  },
  PulseLedgerMismatch: {
    fires: {
      title: "one accepted pulse in ten is not stored for half an hour",
      series: { [ACCEPTED]: "0+600x90", [STORED]: "0+600x40 24000+540x50" },
      at: "80m",
      firing: ["PulseLedgerMismatch"],
    },
    staysSilent: {
      title: "pulses that are not stored are dead letters, and pulse-persist has counted 37 at its first scrape",
      series: { [ACCEPTED]: "0+600x90", [STORED]: "_x20 12037+540x70", [DEAD_PULSES]: "0x20 0+60x70" },
      at: "80m",
      firing: [],
    },
  },
  PulseStoreFailing: {
    fires: {
      title: "one batch in ten fails, in a process that is eight minutes old",
      series: { [STORE_BATCHES]: "_x20 5+10x9", [STORE_ERRORS]: "_x20 1+1x9" },
      at: "28m",
      firing: ["PulseStoreFailing"],
    },
    staysSilent: {
      title: "two batches in a hundred fail",
      series: { [STORE_BATCHES]: "0+100x30", [STORE_ERRORS]: "0+2x30" },
      at: "25m",
      firing: [],
    },
  },
  PulseCassandraNodeAway: {
    fires: {
      title: "pulse-persist cannot reach one node for four minutes",
      series: { 'pulsemesh_cassandra_nodes{job="pulse-persist",state="down"}': "0x10 1x4" },
      at: "14m",
      firing: ["PulseCassandraNodeAway"],
    },
    staysSilent: {
      title: "all three nodes are ready, and none was away for longer than a minute",
      series: {
        'pulsemesh_cassandra_nodes{job="pulse-persist",state="down"}': "0x10 1 0x4",
        'kube_statefulset_replicas{statefulset="cassandra"}': "3x15",
        'kube_statefulset_status_replicas_ready{statefulset="cassandra"}': "3x15",
      },
      at: "14m",
      firing: [],
    },
  },
  PulseFunctionCrashLoops: {
    fires: {
      title: "a process restarted three times in ten minutes",
      series: { 'process_start_time_seconds{job="pulse-persist",instance="a"}': "0x5 300x2 480x2 660x5" },
      at: "14m",
      firing: ['PulseFunctionCrashLoops{job="pulse-persist"}'],
    },
    staysSilent: {
      title: "three pods of a function started once each",
      series: {
        'process_start_time_seconds{job="pulse-persist",instance="a"}': "0x15",
        'process_start_time_seconds{job="pulse-persist",instance="b"}': "_x5 300x10",
        'process_start_time_seconds{job="pulse-persist",instance="c"}': "_x8 480x7",
      },
      at: "14m",
      firing: [],
    },
  },
  PulseRetentionDiskFills: {
    fires: {
      title: "half of the room is gone, and each hour takes another 1 %",
      interval: "10m",
      tick: "10m",
      series: { [USED]: "500+1.6667x60", [FREE]: "500-1.6667x60" },
      at: "10h",
      firing: ['PulseRetentionDiskFills{job="pulse-persist"}'],
    },
    staysSilent: {
      title: "the retention holds the use level at three quarters",
      interval: "10m",
      tick: "10m",
      series: { [USED]: "750x60", [FREE]: "250x60" },
      at: "10h",
      firing: [],
    },
  },
};
