import type { Pulse } from "../../events/pulse.ts";
import type { CassandraSettings } from "../../settings/cassandra-settings.ts";
import type { PulseReader, PulseWriter, StoredPulse, WriteOutcome } from "../../storage/ports.ts";
import { type Platform, startPlatform } from "../platform.ts";
import { readAll } from "../read-back.ts";

/** Starts the platform on a Cassandra that runs and has the schema. */
export function startPlatformOn({
  contactPoints = [],
  localDataCenter,
  keyspace,
}: CassandraSettings): Promise<Platform> {
  return startPlatform({
    PULSE_CASSANDRA_CONTACT_POINTS: contactPoints.join(","),
    PULSE_CASSANDRA_LOCAL_DC: localDataCenter,
    PULSE_CASSANDRA_KEYSPACE: keyspace,
  });
}

/** The platform as a store, as its clients see it: a 202 is `stored`, and pulse-query reads back. */
export function storeOf(platform: Platform): PulseWriter & Pick<PulseReader, "scan"> {
  return {
    async write(pulses: readonly Pulse[]): Promise<WriteOutcome> {
      const body = pulses.map(({ service_name, event_time, latency_ms, status, id, is_time_of_arrival }) => ({
        ...{ service_name, latency_ms, status, id },
        ...(!is_time_of_arrival && { event_time }),
      }));
      const response = await fetch(`${platform.ingest}/pulse`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      const reason = `${response.status} ${await response.text()}`;
      if (response.status === 202) return { kind: "stored" };
      if (response.status === 429 || response.status === 503) return { kind: "retry", reason, retryAfterMs: 1000 };
      return { kind: "rejected", reason };
    },
    async *scan(service: string): AsyncGenerator<readonly StoredPulse[]> {
      const pulses = await readAll(platform, service);
      yield pulses.map(({ event_time, ...pulse }) => ({ ...pulse, event_time: Date.parse(event_time), source: "" }));
    },
  };
}
