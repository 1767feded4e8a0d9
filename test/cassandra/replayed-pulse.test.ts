import { expect, it } from "vitest";
import type { CloudEvent } from "../../events/cloud-event.ts";
import { eventOfOne, pulsesOf } from "../../events/pulse-event.ts";
import { DAY_MS } from "../../events/time.ts";
import { asReplayed } from "../../functions/pulse-deadletter/dead-letter.ts";
import { openReadyStore } from "../../storage/testing/cassandra-store.ts";
import { describeUnless } from "../../storage/testing/describe-unless.ts";
import { asStored, HOUR, newService, pulseOf, START } from "../../storage/testing/pulses.ts";
import { readPages, store as write } from "../../storage/testing/read-back.ts";
import { skipReason } from "../../storage/testing/shared-cassandra.ts";

/** The event as a broker delivers it that took it at a time. */
function takenAt(time: number, event: CloudEvent): CloudEvent {
  return { ...event, extensions: { ...event.extensions, knativearrivaltime: new Date(time).toISOString() } };
}

describeUnless(skipReason(), "a pulse with an id and no time, whose sender sent it twice, in Cassandra", () => {
  it.each([
    ["first", START, START + 7],
    ["second", START + 7, START],
  ])("is one pulse, of its first arrival, when the %s event is replayed", async (_, lost, kept) => {
    const store = await openReadyStore();
    const pulse = pulseOf({ service_name: newService(), is_time_of_arrival: true });
    const event = eventOfOne(pulse);
    const replayed = takenAt(START + HOUR, asReplayed(takenAt(lost, event), undefined));
    const replayedAgain = takenAt(START + 2 * HOUR, asReplayed(replayed, undefined));
    for (const delivered of [takenAt(kept, event), replayed, replayedAgain]) {
      const parsed = pulsesOf(delivered, { now: Date.now(), retentionMs: 30 * DAY_MS, maxPulses: 1 });
      await write(store, parsed.ok ? parsed.value : []);
    }
    expect(await readPages(store, pulse.service_name)).toEqual([asStored({ ...pulse, event_time: START })]);
  });
});
