import type { Fault } from "../events/fault.ts";
import type { SendOutcome } from "./pulse-sender.ts";

/** What is sent, as messages about a failure name it. */
export interface Subject {
  name: string;
  /** What to do about pulses that are older than the retention. */
  remedyOfAge: string;
  /** What to do about requests that are too large. */
  remedyOfSize: string;
}

/** What a failed request means to the user: where, what, and what to do. `lines` holds the line of each pulse in it. */
export function failureOf(
  outcome: Exclude<SendOutcome, { kind: "accepted" | "stopped" }>,
  url: URL,
  { name, remedyOfAge, remedyOfSize }: Subject,
  lines: readonly number[],
): string {
  if (outcome.kind === "unreachable") {
    const remedy =
      outcome.status === undefined
        ? "Start PulseMesh with `make run`, or name its address with --url."
        : `Its ${new URL("/health/ready", url)} may say why.`;
    return `${url} took nothing: ${outcome.reason.replace(/\.$/, "")}. ${remedy}`;
  }
  const { status, detail, faults } = outcome;
  const [first] = faults;
  if (first === undefined) {
    const remedy = status === 413 ? remedyOfSize : REMEDIES[status];
    return [`${url} answered ${status}: ${detail.replace(/\.$/, "")}.`, remedy].filter(Boolean).join(" ");
  }
  const [, index, pointer = ""] = /^\/(\d+)(.*)$/.exec(first.pointer) ?? [];
  const line = index === undefined ? undefined : lines[Number(index)];
  const where = line === undefined ? name : `${name}, line ${line}`;
  const what = formatFault(index === undefined ? first : { ...first, pointer });
  const more = faults.length > 1 ? ` (and ${faults.length - 1} faults more in this request)` : "";
  const isAge = first.pointer.endsWith("/event_time") && first.rule.includes("old");
  const remedy = first.pointer === "" ? remedyOfSize : isAge ? remedyOfAge : "";
  return `${where}: ${what}${more}. ${remedy}`.trimEnd();
}

/** A fault in one line of text. */
export function formatFault({ pointer, rule, got }: Fault): string {
  return `${pointer === "" ? "" : `${pointer}: `}${rule}, got ${got}`;
}

const CHECK_URL = "Check --url: it is pulse-ingest's address, with the path /pulse.";
const REMEDIES: Readonly<Record<number, string>> = {
  301: CHECK_URL,
  302: CHECK_URL,
  307: CHECK_URL,
  308: CHECK_URL,
  401: "Give a known token with --token-file FILE.",
  404: CHECK_URL,
  405: CHECK_URL,
};
