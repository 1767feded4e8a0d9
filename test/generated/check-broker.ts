// Events straight to the broker. It checks the event and not the pulse, and refuses what Knative refuses, which is less or more
// than pulse-ingest does. So a valid event may be refused with its place; what is taken is stored, or is kept as a dead letter.
import { expect } from "vitest";
import { expectAnswer } from "./check.ts";
import type { EventRequest } from "./event-requests.ts";
import { MANY, ONE } from "./events.ts";
import { Marks } from "./marks.ts";
import { bodyOf, type Input, MARK, type Stored } from "./plan.ts";
import { expectPulses, type Product } from "./product.ts";

/** How many valid events there were, and how many of them the broker took. */
export interface Tally {
  right: number;
  taken: number;
}

interface DeadLetter {
  reason: string;
  event: { id: string; source: string };
}

/** Sends events, and looks for each that was taken among the pulses or the dead letters. */
export async function checkBrokerEvents(
  product: Product,
  events: readonly EventRequest[],
  tally: Tally,
): Promise<void> {
  const marks = new Marks(() => product.newMark());
  const since = Date.now();
  const stored: Stored[] = [];
  const failed: EventRequest[] = [];
  const open: { one: EventRequest; mark: string }[] = [];
  await Promise.all(
    events.map(async (one) => {
      const { plan, request } = one;
      const places = request.verdict.kind === "refused" ? (request.verdict.places ?? []) : [];
      const isRight = places.length === 0;
      const isWrongInData = !isRight && places.every((place) => /^\/data(?:\/|$)/.test(place));
      // What may be stored otherwise than it was sent is kept apart.
      const { mark, pulses } =
        isRight || isWrongInData
          ? marks.forPulses(isRight ? plan.stored : [])
          : { mark: product.newMark(), pulses: [] };
      const answer = await product.send(product.broker, toBroker(product, request), bodyOf(request, mark));
      expect([202, 400, 415], `${answer.status} ${answer.body}`).toContain(answer.status);
      if (answer.status !== 202)
        expectAnswer({ ...request, verdict: { kind: "refused", status: answer.status } }, answer);
      if (isRight) tally.right++;
      if (answer.status !== 202) return;
      if (isRight) {
        tally.taken++;
        stored.push(...pulses);
      } else if (isWrongInData) {
        failed.push(one);
      } else {
        open.push({ one, mark });
      }
    }),
  );
  expectPulses(await product.read(marks.services), stored);
  const letters = await deadLettersSince(product, since);
  for (const { plan } of failed) expect(letters, JSON.stringify(plan)).toContain(identityOf(plan.attributes));
  const ids = new Set([...letters].map((identity) => JSON.parse(identity)[1]));
  for (const { one, mark } of open) {
    const { type } = one.plan.attributes;
    // No Trigger wants an event of another type.
    if (type !== ONE && type !== MANY) continue;
    // Knative's broker repairs a source, which then is another one.
    if (ids.has(one.plan.attributes.id) || one.plan.stored.length === 0) continue;
    // A pulse with a wrong name has none in the plan.
    const names = one.plan.stored.map(({ service_name: name }) => name as string | undefined);
    const services = names.filter((name) => name !== undefined).map((name) => name.replace(MARK, mark));
    expect((await product.read(services)).length, JSON.stringify(one)).toBeGreaterThan(0);
  }
}

/** Sends batches, which no broker takes. */
export async function checkBrokerBatches(product: Product, batches: readonly Input[]): Promise<void> {
  await Promise.all(
    batches.map(async (batch) => {
      const answer = await product.send(product.broker, toBroker(product, batch), bodyOf(batch, product.newMark()));
      expect(answer.status).toBe(400);
      expect(answer.body).toContain("a batch, which brokers do not take");
    }),
  );
}

function toBroker({ broker }: Product, request: Input): Input {
  return { ...request, path: new URL(broker).pathname };
}

const identityOf = ({ source, id }: Record<string, unknown>) => JSON.stringify([source, id]);

async function deadLettersSince(product: Product, since: number): Promise<Set<string>> {
  const found = new Set<string>();
  let cursor = "";
  do {
    const { status, body } = await product.get(`/dead-letters?limit=1000&from=${since}${cursor}`);
    expect(status, body).toBe(200);
    const page = JSON.parse(body) as { dead_letters: DeadLetter[]; cursor?: string };
    for (const { reason, event } of page.dead_letters) {
      expect(reason, JSON.stringify(event)).toBe("invalid");
      found.add(identityOf({ ...event }));
    }
    cursor = page.cursor === undefined ? "" : `&cursor=${encodeURIComponent(page.cursor)}`;
  } while (cursor !== "");
  return found;
}
