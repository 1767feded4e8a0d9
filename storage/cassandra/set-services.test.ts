import type { Client } from "cassandra-driver";
import { expect, it } from "vitest";
import { openReadyStore, openTestClient } from "../testing/cassandra-store.ts";
import { describeUnless } from "../testing/describe-unless.ts";
import { HOUR, newService, START } from "../testing/pulses.ts";
import { skipReason, testSettings } from "../testing/shared-cassandra.ts";

/** How many tombstones a reader of what is set for a service meets, as the node traces it. */
async function tombstonesOf(client: Client, service: string): Promise<number> {
  const query = `SELECT is_retired, work FROM ${testSettings().keyspace}.set_services WHERE list = 'all' AND service_name = ?`;
  const { info } = await client.execute(query, [service], { traceQuery: true });
  const trace = await client.metadata.getTrace(info.traceId);
  const found = trace.events.flatMap(({ activity }) => /^Read .* and (\d+) tombstone cells/.exec(activity ?? "") ?? []);
  return Number(found[1]);
}

describeUnless(skipReason(), "what the API has set, in Cassandra", () => {
  it("leaves a tombstone where something was taken back, and none for a service of which nothing was set", async () => {
    const [store, client] = [await openReadyStore(), await openTestClient()];
    const [set, unset] = [newService(), newService()];
    await store.health.plan(set, { from: START, to: START + HOUR, reason: "a disk" });
    for (const service of [set, unset]) {
      expect(await store.health.retire(service, false)).toBe(true);
      expect(await store.health.plan(service, undefined)).toBe(true);
    }
    await store.forget([unset]);
    expect(await tombstonesOf(client, set)).toBeGreaterThan(0);
    expect(await tombstonesOf(client, unset)).toBe(0);
  });
});
