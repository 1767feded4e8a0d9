import type { Parsed } from "../../../events/fault.ts";
import { MAX_ID_LENGTH } from "../../../events/pulse.ts";
import { uuidV7 } from "../../uuid-v7.ts";

// A run's id carries when the run began, so that its end needs no memory of its start: the two may reach different processes,
// with a restart of all of them between.

const UUID_V7 = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;
/**
 * Epoch seconds or milliseconds. What tells runs apart that start at the same time begins with neither a digit nor a letter:
 * an id in hex may begin with ten digits, too.
 */
const EPOCH = /^(\d{10}|\d{13})(?![0-9a-z])/i;

const RULE = `Expected one id of 1 to ${MAX_ID_LENGTH} characters in UTF-8`;

/** The id of a run that a ping's query names as `rid`, if it does. */
export function readRunId(query: URLSearchParams): Parsed<string | undefined> {
  const ids = query.getAll("rid");
  const [id] = ids;
  const got = ids.length > 1 ? `${ids.length} of them` : id === undefined ? undefined : wrongOf(id);
  return got === undefined
    ? { ok: true, value: id }
    : { ok: false, faults: [{ pointer: "/query/rid", rule: RULE, got }] };
}

function wrongOf(id: string): string | undefined {
  if (id === "") return "nothing";
  if (id.length > MAX_ID_LENGTH) return "a longer one";
  // So URLSearchParams reads bytes that are no text: runs with different ids would be one.
  return id.includes("\uFFFD") ? "a query that is not UTF-8" : undefined;
}

/** The id of a run that starts now. */
export const newRunId = uuidV7;

/** When the run with that id began, in epoch ms; `undefined` for an id that does not tell. */
export function startOf(runId: string): number | undefined {
  const uuid = UUID_V7.exec(runId);
  if (uuid !== null) return Number.parseInt(`${uuid[1]}${uuid[2]}`, 16);
  const digits = EPOCH.exec(runId)?.[1];
  if (digits === undefined) return undefined;
  return Number(digits) * (digits.length === 10 ? 1000 : 1);
}
