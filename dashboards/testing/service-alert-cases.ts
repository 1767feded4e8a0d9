import type { AlertCases } from "./alert-case.ts";

const HEALTH = 'pulsemesh_service_health{job="pulse-health",instance="a",service="checkout"}';
const SINCE = HEALTH.replace("_health", "_health_since_seconds");
const HEALTH_OF_OTHER = 'pulsemesh_service_health{job="pulse-health",instance="b",service="checkout"}';
const JUDGED = 'pulsemesh_health_judged_timestamp_seconds{job="pulse-health",instance="a"}';
const JUDGED_BY_OTHER = 'pulsemesh_health_judged_timestamp_seconds{job="pulse-health",instance="b"}';
const MAINTENANCE = 'pulsemesh_service_in_maintenance{job="pulse-health",instance="a",service="checkout"}';
const LEFT_OUT = 'pulsemesh_service_health_left_out{job="pulse-health",instance="a"}';
const FILE_IS_VALID = 'pulsemesh_services_file_valid{job="pulse-health",instance="a"}';
const STORED = 'pulsemesh_pulses_stored_total{job="pulse-persist",service="checkout",health="up"}';
const BAD_SHARE = 'service:pulsemesh_pulses_bad:ratio1h{service="checkout"}';
const BAD_RATE = 'service:pulsemesh_pulses_bad:rate5m{service="checkout"}';
const STORED_RATE = 'service:pulsemesh_pulses_stored:rate5m{service="checkout"}';
const P95 = 'service:pulsemesh_pulse_latency_seconds:p95_1h{service="checkout"}';

/** pulse-health judges for an hour, once a minute. */
const IS_JUDGED = { [JUDGED]: "0+60x60" };
/** It judges for eight days, once an hour; the service is up. */
const IS_UP_FOR_DAYS = { [JUDGED]: "0+3600x192", [HEALTH]: "0x192" };

/** Of each alert about the services that pulse. */
export const SERVICE_ALERT_CASES: AlertCases = {
  PulseServiceStopped: {
    fires: {
      title: "two replicas of pulse-health call a service late for three minutes",
      series: { ...IS_JUDGED, [JUDGED_BY_OTHER]: "0+60x60", [HEALTH]: "0x20 3x10", [HEALTH_OF_OTHER]: "0x20 3x10" },
      at: "24m",
      firing: ['PulseServiceStopped{service="checkout"}'],
    },
    staysSilent: {
      title: "the silence is unknown, because PulseMesh itself stored nothing",
      series: { ...IS_JUDGED, [HEALTH]: "0x20 4x10" },
      at: "29m",
      firing: [],
    },
  },
  PulseServiceDown: {
    fires: {
      title: "a service is down for three minutes, after work on it",
      series: { ...IS_JUDGED, [HEALTH]: "2x40", [MAINTENANCE]: "1x20 stale" },
      at: "24m",
      firing: ['PulseServiceDown{service="checkout"}'],
    },
    staysSilent: {
      title: "a service is down while work on it is planned",
      series: { ...IS_JUDGED, [HEALTH]: "2x40", [MAINTENANCE]: "1x40" },
      at: "40m",
      firing: [],
    },
  },
  PulseServiceDegraded: {
    fires: {
      title: "a service is degraded for seven minutes",
      series: { ...IS_JUDGED, [HEALTH]: "0x20 1x7" },
      at: "27m",
      firing: ['PulseServiceDegraded{service="checkout"}'],
    },
    staysSilent: {
      title: "a service that was degraded for seven minutes is retired",
      series: { ...IS_JUDGED, [HEALTH]: "0x20 1x7 stale" },
      at: "29m",
      firing: [],
    },
  },
  PulseServiceFlaps: {
    fires: {
      title: "a service is down for a minute three times in five",
      series: { ...IS_JUDGED, [HEALTH]: "0x20 2 0 2 0 2 2x20", [SINCE]: "0x20 1260 1320 1380 1440 1500 1500x20" },
      at: "25m",
      firing: ['PulseServiceFlaps{service="checkout"}'],
    },
    staysSilent: {
      title: "a service is down for a minute twice, and passes through degraded on the way there and back",
      series: {
        ...IS_JUDGED,
        [HEALTH]: "0x20 1 2 1 0 1 2 1 0x20",
        [SINCE]: "0x20 1260 1260 1380 1380 1500 1500 1620 1620x20",
      },
      at: "28m",
      firing: [],
    },
  },
  PulseServiceErrorsGrow: {
    fires: {
      title: "one pulse in twenty is bad for three hours, and one in a thousand was at that time of the day before",
      interval: "1h",
      tick: "1h",
      series: { ...IS_UP_FOR_DAYS, [BAD_SHARE]: "0.001x26 0.05x5", [BAD_RATE]: "0.01x40" },
      at: "29h",
      firing: ['PulseServiceErrorsGrow{service="checkout"}'],
    },
    staysSilent: {
      title: "it is as it was a week ago at that time, and four pulses an hour of a small service are bad",
      interval: "1h",
      tick: "1h",
      series: {
        ...IS_UP_FOR_DAYS,
        [BAD_SHARE]: "0.05x8 0.001x159 0.05x8",
        [BAD_RATE]: "0.01x192",
        [BAD_SHARE.replace("checkout", "small")]: "0x168 0.5x8",
        [BAD_RATE.replace("checkout", "small")]: "0.001x192",
        [HEALTH.replace("checkout", "small")]: "0x192",
      },
      at: "174h",
      firing: [],
    },
  },
  PulseServiceSlow: {
    fires: {
      title: "a service takes 250 ms for three hours, where it took 100 the day before",
      interval: "1h",
      tick: "1h",
      series: { ...IS_UP_FOR_DAYS, [P95]: "0.1x26 0.25x5", [STORED_RATE]: "0.05x40" },
      at: "29h",
      firing: ['PulseServiceSlow{service="checkout"}'],
    },
    staysSilent: {
      title: "a service is slower by some milliseconds, and one that pulses each minute is much slower",
      interval: "1h",
      tick: "1h",
      series: {
        ...IS_UP_FOR_DAYS,
        [P95]: "0.001x26 0.02x5",
        [STORED_RATE]: "0.05x40",
        [P95.replace("checkout", "seldom")]: "0.1x26 0.9x5",
        [STORED_RATE.replace("checkout", "seldom")]: "0.0167x40",
        [HEALTH.replace("checkout", "seldom")]: "0x192",
      },
      at: "29h",
      firing: [],
    },
  },
  PulseHealthKeeperAway: {
    fires: {
      title: "the one pulse-health has gone for five minutes, and the alert on a service that was down goes on",
      series: { [JUDGED]: "0+60x20 stale", [HEALTH]: "2x20 stale", [STORED]: "0+60x60" },
      at: "25m",
      firing: ['PulseHealthKeeperAway{job="pulse-health"}', 'PulseServiceDown{service="checkout"}'],
    },
    staysSilent: {
      title: "one of two replicas judges no more, and what it said last does not count",
      series: { [JUDGED]: "0+60x5 300x55", [HEALTH]: "2x60", [JUDGED_BY_OTHER]: "0+60x60", [HEALTH_OF_OTHER]: "0x60" },
      at: "40m",
      firing: [],
    },
  },
  PulseServicesUnwatched: {
    fires: {
      title: "three services have no gauges",
      series: { ...IS_JUDGED, [LEFT_OUT]: "0x20 3x20" },
      at: "22m",
      firing: ["PulseServicesUnwatched"],
    },
    staysSilent: {
      title: "every service has gauges again",
      series: { ...IS_JUDGED, [LEFT_OUT]: "0x20 3x20 0x20" },
      at: "42m",
      firing: [],
    },
  },
  PulseServicesFileInvalid: {
    fires: {
      title: "one of two processes has not taken the file for seven minutes",
      series: {
        ...IS_JUDGED,
        [FILE_IS_VALID]: "1x20 0x20",
        [FILE_IS_VALID.replace('"a"', '"b"')]: "1x40",
      },
      at: "28m",
      firing: ['PulseServicesFileInvalid{job="pulse-health"}'],
    },
    staysSilent: {
      title: "a fault is put right after three minutes",
      series: { ...IS_JUDGED, [FILE_IS_VALID]: "1x20 0x2 1x20" },
      at: "28m",
      firing: [],
    },
  },
};
