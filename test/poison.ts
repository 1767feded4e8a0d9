import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { type Platform, until } from "./platform.ts";
import { readAll, readMetric } from "./read-back.ts";

interface DeadLetter {
  id: string;
  reason: string;
  code: number;
  replayed_at?: string;
}

/** Sends a running platform an event that no attempt can store. */
export function testPoison(platformOf: () => Platform): void {
  it("takes a poison event to the dead letters after one try, with its reason, and stores the corrected one", async () => {
    const platform = platformOf();
    const poison = readFileSync("events/samples/poison.json", "utf8");
    const posted = await fetch(platform.broker, {
      method: "POST",
      headers: { "content-type": "application/cloudevents+json" },
      body: poison,
    });
    expect(posted.status).toBe(202);
    let deadLetters: DeadLetter[] = [];
    await until("a dead letter", async () => {
      deadLetters = await deadLettersOf(platform);
      return deadLetters.length > 0;
    });
    expect(deadLetters).toHaveLength(1);
    const deadLetter = deadLetters[0] as DeadLetter;
    expect(deadLetter).toMatchObject({ reason: "invalid", code: 400 });
    expect(JSON.stringify(deadLetter)).toContain("Expected"); // pulse-persist's own words travel with the event
    expect(await readMetric(platform.persist, "pulsemesh_requests_total", 'code="400"')).toBe(1);
    expect(await readMetric(platform.deadletter, "pulsemesh_dead_letters_total", 'reason="invalid"')).toBe(1);

    const replay = await fetch(`${platform.deadletter}/dead-letters/${deadLetter.id}/replay`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ service_name: "put-right", latency_ms: 12.5, status: "ok" }),
    });
    expect(replay.status).toBe(202);
    await until("the pulse to be readable", async () => (await readAll(platform, "put-right")).length === 1);
    const [pulse] = await readAll(platform, "put-right");
    expect(pulse?.id).toBe(JSON.parse(poison).id);
    expect((await deadLettersOf(platform))[0]?.replayed_at).toBeDefined();
  });
}

async function deadLettersOf(platform: Platform): Promise<DeadLetter[]> {
  const response = await fetch(`${platform.deadletter}/dead-letters`);
  return ((await response.json()) as { dead_letters: DeadLetter[] }).dead_letters;
}
