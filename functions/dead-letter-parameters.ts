// What pulse-deadletter reads from a query, and pulse-query describes.
import { moment } from "../http/query-parameters.ts";
import { flag, integer, text, word } from "../settings/field.ts";
import { REASONS } from "./dead-letter-reason.ts";

/** The form of a dead letter's id, in a path. */
export const deadLetterForms = { id: /^[0-9a-f]{24}$/ };

/** What selects dead letters. */
export const selectionParameters = {
  reason: word(REASONS),
  service: text("a service's name"),
  from: moment,
  to: moment,
};
/** Of `GET /dead-letters`. */
export const listParameters = {
  ...selectionParameters,
  replayed: flag,
  limit: integer({ min: 1, max: 1000, fallback: 100 }),
  cursor: text("the cursor of the page before"),
};
/** Of `POST /dead-letters/replay`. */
export const replayParameters = { ...selectionParameters, limit: integer({ min: 1, max: 10_000, fallback: 1000 }) };
