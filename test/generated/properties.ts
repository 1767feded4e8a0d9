// Generated inputs against the running product: what the documents promise is valid is accepted and read back as it was sent; what
// they promise is wrong is refused with its place; nothing else is answered but 503, and no process ends. The map:
//   plan             what an input sends, and what must follow   texts, times   parts of many forms
//   pulses, events   pulses and CloudEvents                      plain-requests, event-requests   requests of them
//   files            files for `npm run send` (file-plan, csv-files, file-times)
//   queries          questions, and what is known                product        the running product
//   marks            keeps the inputs' pulses apart              check, check-…   sends, and holds the answers to the plans
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTemporaryFolder } from "../../feed/testing/temporary-folder.ts";
import { type Amount, checkInputs, checkRequests } from "./check.ts";
import { checkBrokerBatches, checkBrokerEvents } from "./check-broker.ts";
import { checkFiles } from "./check-files.ts";
import { checkQueries, storeKnownPulses } from "./check-queries.ts";
import {
  batchRequest,
  binaryEvent,
  binaryRequest,
  type EventRequest,
  structuredEvent,
  structuredRequest,
} from "./event-requests.ts";
import type { FilePlan } from "./file-plan.ts";
import { file } from "./files.ts";
import { jsonRequest, linesRequest } from "./plain-requests.ts";
import type { Input } from "./plan.ts";
import { type Product, startProduct } from "./product.ts";
import { query } from "./queries.ts";

const HOUR_MS = 3_600_000;

/** What pulse-ingest is sent, and which share of all inputs. */
const SENT = {
  "plain JSON": [0.25, jsonRequest],
  NDJSON: [0.1, linesRequest],
  "CloudEvents in binary mode": [0.15, binaryRequest],
  "CloudEvents in structured mode": [0.15, structuredRequest],
  "batches of CloudEvents": [0.08, batchRequest],
} as const;
const TO_THE_BROKER = 0.1;
const FILES = 0.02;
/** Each has its own connections. */
const FILES_AT_ONCE = 40;
const QUESTIONS = 0.15;

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
    "events straight to the broker: stored, kept as dead letters, or refused",
    async () => {
      const events = fc.oneof(binaryEvent, structuredEvent);
      const tally = { right: 0, taken: 0 };
      const check = (all: readonly EventRequest[]) => checkBrokerEvents(product, all, tally);
      const made = await checkInputs("events to the broker", share(TO_THE_BROKER), events, check);
      expect(made).toBeGreaterThanOrEqual(inputs * TO_THE_BROKER);
      expect(tally.taken / tally.right).toBeGreaterThan(0.6);
    },
    HOUR_MS,
  );

  it(
    "batches of events to the broker: refused",
    async () => {
      const check = (all: readonly Input[]) => checkBrokerBatches(product, all);
      await checkInputs("batches to the broker", share(0.001), batchRequest, check);
    },
    HOUR_MS,
  );

  it(
    "files for `npm run send`: sent as the documents say, each line accounted for, and read back",
    async () => {
      const folder = openTemporaryFolder();
      const check = (all: readonly FilePlan[]) => checkFiles(product, folder, all);
      const made = await checkInputs("files", share(FILES), file, check, FILES_AT_ONCE);
      expect(made).toBeGreaterThanOrEqual(inputs * FILES);
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
