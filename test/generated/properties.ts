// Generated inputs against the running product: what the documents promise is valid is accepted and read back as it was sent; what
// they promise is wrong is refused with its place; nothing else is answered but 503, and no process ends. The map:
//   plan             what an input sends, and what must follow   texts, times   parts of many forms
//   pulses, events   pulses and CloudEvents                      plain-requests, event-requests   requests of them
//   queries          questions, and what is known                product        the running product
//   marks            keeps the inputs' pulses apart              check, check-queries   sends, and holds the answers to the plans
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Amount, checkInputs, checkRequests } from "./check.ts";
import { checkQueries, storeKnownPulses } from "./check-queries.ts";
import { batchRequest, binaryRequest, structuredRequest } from "./event-requests.ts";
import { jsonRequest, linesRequest } from "./plain-requests.ts";
import { type Product, startProduct } from "./product.ts";
import { query } from "./queries.ts";

const HOUR_MS = 3_600_000;

/** What pulse-ingest is sent, and which share of all inputs. */
const SENT = {
  "plain JSON": [0.3, jsonRequest],
  NDJSON: [0.1, linesRequest],
  "CloudEvents in binary mode": [0.15, binaryRequest],
  "CloudEvents in structured mode": [0.15, structuredRequest],
  "batches of CloudEvents": [0.1, batchRequest],
} as const;
const QUESTIONS = 0.2;

/** Tests the running product with so many inputs. */
export function testGeneratedInputs({ inputs, seed }: Amount): void {
  const share = (of: number): Amount => ({ inputs: Math.ceil(inputs * of), seed });
  let product: Product;
  beforeAll(async () => {
    product = await startProduct();
  });
  afterAll(() => product?.close());

  it.each(Object.entries(SENT))(
    "%s: accepted as the documents say, and read back as sent",
    async (kind, [of, input]) => {
      const made = await checkInputs(kind, share(of), input, (all) => checkRequests(product, product.ingest, all));
      expect(made).toBeGreaterThanOrEqual(inputs * of);
    },
    HOUR_MS,
  );

  it(
    "questions: answered with what is stored",
    async () => {
      await storeKnownPulses(product);
      const made = await checkInputs("questions", share(QUESTIONS), query, (all) => checkQueries(product, all));
      expect(made).toBeGreaterThanOrEqual(inputs * QUESTIONS);
    },
    HOUR_MS,
  );
}
