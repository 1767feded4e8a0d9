import type { Fault } from "../events/fault.ts";
import type { SendOutcome } from "./pulse-sender.ts";

/** What is sent, as messages about a failure name it. */
export interface Subject {
  name: string;
  /** What to do about pulses that are older than the retention. */
  remedyOfAge: string;
}

/** What a failed request means to the user: where, what, and what to do. `lines` holds the line of each pulse in it. */
export function failureOf(
  outcome: Exclude<SendOutcome, { kind: "accepted" | "stopped" }>,
  url: URL,
  { name, remedyOfAge }: Subject,
  lines: readonly number[],
): string {
  if (outcome.kind === "unreachable") {
    return `${url} took nothing: ${outcome.reason}. Start PulseMesh with \`make run\`, or name its address with --url.`;
  }
  const { status, detail, faults } = outcome;
  const [first] = faults;
  if (first === undefined) return [`${url} answered ${status}: ${detail}`, REMEDIES[status]].filter(Boolean).join(" ");
  const [, index, pointer = ""] = /^\/(\d+)(.*)$/.exec(first.pointer) ?? [];
  const line = index === undefined ? undefined : lines[Number(index)];
  const where = line === undefined ? name : `${name}, line ${line}`;
  const what = formatFault(index === undefined ? first : { ...first, pointer });
  const more = faults.length > 1 ? ` (and ${faults.length - 1} faults more in this request)` : "";
  return [`${where}: ${what}${more}.`, remedyOfFault(first, remedyOfAge)].filter(Boolean).join(" ");
}

/** A fault in one line of text. */
export function formatFault({ pointer, rule, got }: Fault): string {
  return `${pointer === "" ? "" : `${pointer}: `}${rule}, got ${got}`;
}

const CHECK_URL = "Check --url: it is pulse-ingest's address, with the path /pulse.";
const SEND_FEWER = "Send fewer pulses a request with --batch N.";
const REMEDIES: Readonly<Record<number, string>> = {
  401: "Give a known token with --token-file FILE.",
  404: CHECK_URL,
  405: CHECK_URL,
  413: SEND_FEWER,
};

function remedyOfFault({ pointer, rule }: Fault, remedyOfAge: string): string {
  if (pointer === "") return SEND_FEWER;
  return pointer.endsWith("/event_time") && rule.includes("old") ? remedyOfAge : "";
}
