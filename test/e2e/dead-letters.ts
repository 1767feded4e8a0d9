import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { kubectl } from "../../infra/cluster/kubernetes.ts";
import { NAMESPACE } from "../../infra/platform-stack.ts";
import { ADMIN_TOKENS } from "../../infra/stack.ts";
import { until } from "../platform.ts";
import { openPortForward } from "./port-forward.ts";
import { podsOf, selectorOf } from "./world.ts";

interface DeadLetter {
  id: string;
  reason: string;
  code: number;
  replayed_at?: string;
  event: { id: string };
}

/** pulse-deadletter, which the gateway does not expose. */
export interface DeadLetters {
  /** Posts an event that no attempt can store. */
  poison(broker: string, id: string): Promise<void>;
  /** Waits for the dead letter of an event. */
  find(eventId: string): Promise<DeadLetter>;
  replay(id: string, pulse: object): Promise<void>;
  /** Replays all dead letters that were not replayed yet; returns their number. */
  replayAll(): Promise<number>;
  close(): Promise<void>;
}

export async function openDeadLetters(): Promise<DeadLetters> {
  const pod = async () => `pod/${(await podsOf(selectorOf("pulse-deadletter")))[0]}`;
  const way = await openPortForward(NAMESPACE, pod, 8080);
  const admin = { authorization: `Bearer ${await adminToken()}` };
  const poison = JSON.parse(readFileSync("events/samples/poison.json", "utf8"));
  return {
    async poison(broker, id) {
      const headers = { "content-type": "application/cloudevents+json" };
      const response = await fetch(broker, { method: "POST", headers, body: JSON.stringify({ ...poison, id }) });
      expect(response.status).toBe(202);
    },
    async find(eventId) {
      let deadLetter: DeadLetter | undefined;
      await until(`a dead letter of ${eventId}`, async () => {
        const response = await fetch(`${way.url}/dead-letters?limit=1000`);
        const { dead_letters } = (await response.json()) as { dead_letters: DeadLetter[] };
        deadLetter = dead_letters.find(({ event }) => event.id === eventId);
        return deadLetter !== undefined;
      });
      return deadLetter as DeadLetter;
    },
    async replay(id, pulse) {
      const headers = { ...admin, "content-type": "application/json" };
      const url = `${way.url}/dead-letters/${id}/replay`;
      expect((await fetch(url, { method: "POST" })).status).toBe(401);
      expect((await fetch(url, { method: "POST", headers, body: JSON.stringify(pulse) })).status).toBe(202);
    },
    async replayAll() {
      let replayed = 0;
      for (;;) {
        let count = { replayed: 0, failed: 0 };
        await until(
          "pulse-deadletter to have its store, which may have been killed",
          async () => {
            const response = await fetch(`${way.url}/dead-letters/replay`, { method: "POST", headers: admin });
            if (response.status === 503) return false;
            expect(response.status).toBe(202);
            count = (await response.json()) as typeof count;
            return true;
          },
          240_000,
        );
        expect(count.failed).toBe(0);
        replayed += count.replayed;
        if (count.replayed === 0) return replayed;
      }
    },
    close: way.close,
  };
}

/** The token that `make up` made. */
async function adminToken(): Promise<string> {
  const secret = JSON.parse(await kubectl(["get", "secret", ADMIN_TOKENS, "-n", NAMESPACE, "-o", "json"]));
  return Buffer.from(secret.data.tokens, "base64").toString().split(" ")[0] as string;
}
