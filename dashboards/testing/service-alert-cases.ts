import type { AlertCases } from "./alert-case.ts";

const LAST = "pulsemesh_last_pulse_timestamp_seconds";
const UP = 'job="pulse-persist",service="checkout",health="up"';
const DOWN = 'job="pulse-persist",service="checkout",health="down"';
const DEGRADED = 'job="pulse-persist",service="checkout",health="degraded"';
const STORED = 'pulsemesh_pulses_stored_total{job="pulse-persist",service="checkout",health="up"}';
const STORED_OF_OTHERS = 'pulsemesh_pulses_stored_total{job="pulse-persist",service="_other",health="up"}';

/** Of each alert about the services that pulse. */
export const SERVICE_ALERT_CASES: AlertCases = {
  PulseServiceStopped: {
    fires: {
      title: "a service that pulsed each minute has been silent for seven, and pulse-persist has scaled to zero since",
      series: { [`${LAST}{${UP}}`]: "0+60x20 1200 stale" },
      tick: "15s",
      at: "28m",
      firing: ['PulseServiceStopped{service="checkout"}'],
    },
    staysSilent: {
      title: "a service that pulses every ten minutes has been silent for 25",
      series: { [`${LAST}{${UP}}`]: "0x9 600x9 1200x9 1800x25" },
      tick: "15s",
      at: "55m",
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
};
