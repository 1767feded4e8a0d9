import { expect } from "vitest";
import { until } from "../platform.ts";
import { createPulseFlow, seeded } from "../pulse-flow.ts";
import { openBroker } from "./both-ways.ts";
import { openDeadLetters } from "./dead-letters.ts";
import type { Prometheus } from "./prometheus.ts";
import { functionUrl } from "./world.ts";

/** Sends 2,000 pulses and a poison event, and waits until the counters show all of them as stored or dead-lettered. */
export async function expectLedgerToHold(prometheus: Prometheus): Promise<void> {
  const broker = await openBroker();
  const deadLetters = await openDeadLetters();
  try {
    const before = await prometheus.ledger();
    const flow = createPulseFlow({
      name: "ledger",
      total: 2000,
      clients: 8,
      ingest: functionUrl("pulse-ingest"),
      random: seeded(1),
      retryOn: [],
    });
    await flow.run();
    await deadLetters.poison(broker.url, `ledger-poison-${Date.now()}`);
    expect(flow.retries).toBe(0);
    await until(
      "Prometheus to show 2000 pulses accepted and stored, and one dead letter",
      async () => {
        const { accepted, stored, deadLettered } = await prometheus.ledger();
        const grown = [accepted - before.accepted, stored - before.stored, deadLettered - before.deadLettered];
        return grown.join() === "2000,2000,1";
      },
      120_000,
    );
  } finally {
    await Promise.all([broker.close(), deadLetters.close()]);
  }
}
