import { describe, expect, it } from "vitest";
import { departureOf, mostOpenAfter, NOW, type Traffic } from "./departure.ts";

const MAX_EVENT_BYTES = 1000;
const SENT_AT = 10_000;
const ANSWERED_AT = 20_000;

/** One pulse waits, of one client among the 20 that lately were open. */
const trafficOf = (changes: Partial<Traffic>): Traffic => ({
  waitingPulses: 1,
  waitingBytes: 100,
  inFlight: 0,
  sentAt: SENT_AT,
  answeredAt: ANSWERED_AT,
  awayMs: 30,
  openRequests: 1,
  mostOpenRequests: 20,
  ...changes,
});
const ALONE = { openRequests: 1, mostOpenRequests: 1 };
const ALL = { openRequests: 20, mostOpenRequests: 20 };

describe("an event leaves", () => {
  it.each<[string, Partial<Traffic>, number]>([
    ["now for a client that is alone", ALONE, NOW],
    ["now when all clients wait and nothing is in flight", ALL, NOW],
    ["not before the last one returns when 19 of 20 wait", { openRequests: 19 }, ANSWERED_AT + 30],
    ["after 250 ms at most, however long the last event was away", { awayMs: 5000 }, ANSWERED_AT + 250],
    ["now with 40 pulses", { waitingPulses: 40 }, NOW],
    ["later with 39 pulses", { waitingPulses: 39 }, ANSWERED_AT + 30],
    ["now beside another with 40 pulses", { inFlight: 1, waitingPulses: 40 }, NOW],
    ["250 ms after the one in flight with 39 pulses", { inFlight: 1, waitingPulses: 39 }, SENT_AT + 250],
    ["now beside another with the bytes of a whole event", { inFlight: 1, waitingBytes: MAX_EVENT_BYTES }, NOW],
    ["250 ms after the one in flight with fewer bytes", { inFlight: 1, waitingBytes: 999 }, SENT_AT + 250],
    ["now beside another with 16 pulses when all wait", { inFlight: 1, waitingPulses: 16, ...ALL }, NOW],
    ["250 ms after it with 15 pulses of all", { inFlight: 1, waitingPulses: 15, ...ALL }, SENT_AT + 250],
    ["250 ms after it with 16 pulses of some", { inFlight: 1, waitingPulses: 16 }, SENT_AT + 250],
    ["250 ms after it for a client that comes alone", { inFlight: 1, ...ALONE }, SENT_AT + 250],
  ])("%s", (_, changes, departure) => {
    expect(departureOf(trafficOf(changes), MAX_EVENT_BYTES)).toBe(departure);
  });
});

describe("the most requests lately open", () => {
  it.each([
    [20, 1, 18],
    [20, 19, 19],
    [1, 1, 1],
  ])("are, after an event with %i before and %i open, %i", (mostOpenRequests, openRequests, expected) => {
    expect(mostOpenAfter(trafficOf({ mostOpenRequests, openRequests }))).toBe(expected);
  });
});
