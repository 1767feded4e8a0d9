import type { AlertCases } from "./alert-case.ts";

const OK_POSTS = 'pulsemesh_requests_total{job="pulse-ingest",function="pulse-ingest",method="POST",code="202"}';
const FAILED_POSTS = 'pulsemesh_requests_total{job="pulse-ingest",function="pulse-ingest",method="POST",code="503"}';
const FAILED_PINGS = FAILED_POSTS.replace("POST", "GET");
const TURNED_AWAY = FAILED_POSTS.replace("503", "429");
const BAD_POSTS = 'pulsemesh_requests_total{job="pulse-ingest",function="pulse-ingest",method="POST",code="400"}';
const REFUSED_SERVICES = 'pulsemesh_pulses_rejected_total{job="pulse-ingest",reason="services"}';
const REFUSED_OTHERS = 'pulsemesh_pulses_rejected_total{job="pulse-ingest",reason="invalid"}';
const ACCEPTED = 'pulsemesh_pulses_accepted_total{job="pulse-ingest",service="checkout",health="up"}';
const STORED = 'pulsemesh_pulses_stored_total{job="pulse-persist",service="checkout",health="up"}';
const DEAD_LETTERS = 'pulsemesh_dead_letters_total{job="pulse-deadletter",reason="invalid"}';
const DROPPED = 'pulsemesh_broker_deliveries_total{job="pulse-broker",trigger="webhook",outcome="dropped"}';
const DEAD_PULSES = 'pulsemesh_dead_letter_pulses_total{job="pulse-deadletter"}';
const STORE_BATCHES = 'pulsemesh_store_batch_rows_count{job="pulse-persist"}';
const STORE_ERRORS = 'pulsemesh_store_errors_total{job="pulse-persist",outcome="retry"}';
const FREE = 'pulsemesh_store_free_bytes{job="pulse-persist"}';
const USED = 'pulsemesh_store_used_bytes{job="pulse-persist"}';

/** pulse-health judges for an hour and a half, once a minute. */
const IS_JUDGED = { 'pulsemesh_health_judged_timestamp_seconds{job="pulse-health"}': "0+60x90" };

function lag(le: string): string {
  return `pulsemesh_delivery_lag_seconds_bucket{job="pulse-persist",le="${le}"}`;
}

/** Of each alert about PulseMesh itself. */
export const PLATFORM_ALERT_CASES: AlertCases = {
  PulseIngestBurnsFast: {
    fires: {
      title: "one request in twenty fails for an hour, and each of them is a ping by GET",
      series: { [OK_POSTS]: "0+95x70", [FAILED_PINGS]: "0+5x70" },
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
      tick: "15m",
      series: { [OK_POSTS]: "0+996x300", [FAILED_POSTS]: "0+4x300" },
      at: "25h",
      firing: ["PulseIngestBurnsSlowly"],
    },
    staysSilent: {
      title: "one post in a thousand fails for a day, which the budget allows",
      interval: "5m",
      tick: "15m",
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
      title: "half of all posts name new services beyond the bound, which the budget of failures does not count",
      series: { [OK_POSTS]: "0+60x70", [TURNED_AWAY]: "_x5 1+60x65", [REFUSED_SERVICES]: "0x4 1+60x65" },
      at: "70m",
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
      title: "the last dead letter came an hour ago, and a scrape failed a quarter of an hour ago",
      series: { [DEAD_LETTERS]: "0x10 1x43 stale 1x16" },
      at: "70m",
      firing: [],
    },
  },
  PulseLedgerMismatch: {
    fires: {
      title: "one accepted pulse in ten is not stored for half an hour",
      series: { [ACCEPTED]: "0+600x90", [STORED]: "0+600x40 24000+540x50", ...IS_JUDGED },
      at: "80m",
      firing: ["PulseLedgerMismatch"],
    },
    staysSilent: {
      title:
        "pulses that are not stored are dead letters, pulse-persist has counted 37 at its first scrape, and a webhook is away",
      series: {
        [ACCEPTED]: "0+600x90",
        [STORED]: "_x20 12037+540x70",
        [DEAD_PULSES]: "0x20 0+60x70",
        [DROPPED]: "0x20 0+60x70",
        ...IS_JUDGED,
      },
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
