import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Platform, until } from "./platform.ts";
import { readAll, readMetric } from "./read-back.ts";

interface Letter {
  id: string;
  reason: string;
  code: number;
  replayed_at?: string;
}

/** Tests a platform; `start` starts it on the store that is meant. */
export function testPoison(start: () => Promise<Platform>): void {
  let platform: Platform;
  beforeAll(async () => {
    platform = await start();
  }, 120_000);
  afterAll(() => platform?.dispose(), 60_000);

  it("takes a poison event to the dead letters after one try, with its reason, and stores it once it was put right", async () => {
    const poison = readFileSync("events/samples/poison.json", "utf8");
    const posted = await fetch(platform.broker, {
      method: "POST",
      headers: { "content-type": "application/cloudevents+json" },
      body: poison,
    });
    expect(posted.status).toBe(202);
    let letters: Letter[] = [];
    await until("a dead letter", async () => {
      letters = await deadLettersOf(platform);
      return letters.length > 0;
    });
    expect(letters).toHaveLength(1);
    const letter = letters[0] as Letter;
    expect(letter).toMatchObject({ reason: "invalid", code: 400 });
    expect(JSON.stringify(letter)).toContain("Expected"); // persist's own words travel with it
    expect(await readMetric(platform.persist, "pulsemesh_requests_total", 'code="400"')).toBe(1);
    expect(await readMetric(platform.deadletter, "pulsemesh_dead_letters_total", 'reason="invalid"')).toBe(1);

    const replay = await fetch(`${platform.deadletter}/dead-letters/${letter.id}/replay`, {
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

async function deadLettersOf(platform: Platform): Promise<Letter[]> {
  const response = await fetch(`${platform.deadletter}/dead-letters`);
  return ((await response.json()) as { dead_letters: Letter[] }).dead_letters;
}
