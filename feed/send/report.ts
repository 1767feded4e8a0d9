import type { Fault } from "../../events/fault.ts";
import type { SendOutcome } from "../pulse-sender.ts";
import { formatFault } from "./measurement.ts";

/** How a run of `send` ended. */
export type SendEnd =
  | { kind: "done" }
  | { kind: "done-before" }
  | { kind: "interrupted" }
  | { kind: "failed"; message: string };

export interface SendReport {
  end: SendEnd;
  /** Lines read, blank ones and a header not counted. */
  lines: number;
  accepted: number;
  /** Lines that were no good pulses. */
  refused: number;
  requests: number;
  retries: number;
  seconds: number;
}

/** What a failed request means to the user: where, what, and what to do. */
export function failureOf(
  outcome: Exclude<SendOutcome, { kind: "accepted" | "stopped" }>,
  { name, url, lines, remedyOfAge }: { name: string; url: URL; lines: readonly number[]; remedyOfAge: string },
): string {
  if (outcome.kind === "unreachable") {
    return `${url} took nothing: ${outcome.reason}. Start PulseMesh with \`make run\`, or name its address with --url.`;
  }
  const { status, detail, faults } = outcome;
  const [first] = faults;
  if (first === undefined) return [`${url} answered ${status}: ${detail}`, remedyOf(status)].filter(Boolean).join(" ");
  const [, index, pointer = ""] = /^\/(\d+)(.*)$/.exec(first.pointer) ?? [];
  const line = index === undefined ? undefined : lines[Number(index)];
  const where = line === undefined ? name : `${name}, line ${line}`;
  const what = formatFault(index === undefined ? first : { ...first, pointer });
  const more = faults.length > 1 ? ` (and ${faults.length - 1} faults more in this request)` : "";
  return [`${where}: ${what}${more}.`, remedyOfFault(first, remedyOfAge)].filter(Boolean).join(" ");
}

function remedyOf(status: number): string {
  switch (status) {
    case 401:
      return "Give a known token with --token-file FILE.";
    case 404:
    case 405:
      return "Check --url: it is pulse-ingest's address, with the path /pulse.";
    case 413:
      return "Send fewer pulses a request with --batch N.";
    default:
      return "";
  }
}

function remedyOfFault({ pointer, rule }: Fault, remedyOfAge: string): string {
  if (pointer === "") return "Send fewer pulses a request with --batch N.";
  return pointer.endsWith("/event_time") && rule.includes("old") ? remedyOfAge : "";
}

/** The summary at the end. */
export function formatReport(report: SendReport): string {
  const { lines, accepted, refused, requests, retries, seconds } = report;
  const rows = [
    ["lines read", String(lines)],
    ["pulses accepted", String(accepted)],
    ["lines refused", String(refused)],
    ["requests", retries === 0 ? String(requests) : `${requests} (and ${retries} tries again)`],
    ["seconds", seconds.toFixed(1)],
    ["pulses a second", String(Math.round(accepted / Math.max(seconds, 0.001)))],
  ];
  const table = rows.map(([what, count]) => `${what?.padEnd(18)}${count}`).join("\n");
  if (accepted === 0) return `${table}\n`;
  return `${table}\nA pulse that had been stored before was accepted and not stored again; how many were is not known here.\n`;
}

/** The exit code that --help promises. */
export function exitCodeOf({ end, refused }: SendReport): number {
  if (end.kind === "failed") return 1;
  if (end.kind === "interrupted") return 130;
  return refused > 0 ? 3 : 0;
}
