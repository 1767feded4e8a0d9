import { freshJson } from "../../http/json.ts";
import type { HttpReply } from "../../http/route.ts";
import { NDJSON, wishedType } from "./export.ts";

export const CSV = "text/csv";

type Row = Readonly<Record<string, string | number | boolean | null>>;

/** An answer in JSON, or its rows as lines of JSON or CSV where the client asks for those. */
export function inWishedForm(
  accept: string | undefined,
  answer: object,
  columns: readonly string[],
  rows: readonly Row[],
): HttpReply {
  const wished = (accept ?? "").split(",").map(wishedType);
  const form = wished.find((type) => type === NDJSON || type === CSV);
  const reply = freshJson(200, answer);
  if (form === undefined) return { ...reply, headers: { ...reply.headers, vary: "accept" } };
  const lines =
    form === NDJSON
      ? rows.map((row) => JSON.stringify(row))
      : [columns, ...rows.map((row) => columns.map((name) => row[name] ?? ""))].map(csvLine);
  const type = form === CSV ? "text/csv; charset=utf-8; header=present" : NDJSON;
  return {
    ...reply,
    headers: { ...reply.headers, "content-type": type, vary: "accept" },
    body: lines.map((line) => `${line}\n`).join(""),
  };
}

/** RFC 4180, with a line feed at the end of a line. */
function csvLine(values: readonly unknown[]): string {
  return values
    .map((value) => (/[",\r\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value)))
    .join(",");
}
