import { expect, it } from "vitest";
import { isRetryable } from "./delivery-rules.ts";

it.each([404, 408, 409, 429, 500, 501, 502, 503, 504, 599])("an event answered %i is sent again", (status) => {
  expect(isRetryable(status)).toBe(true);
});

it.each([300, 301, 304, 307, 400, 401, 402, 403, 405, 406, 410, 413, 415, 422])(
  "an event answered %i is not sent again",
  (status) => {
    expect(isRetryable(status)).toBe(false);
  },
);
