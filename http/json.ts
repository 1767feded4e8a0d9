import type { HttpReply } from "./route.ts";

/** An answer in JSON. */
export function json(status: number, value: unknown): HttpReply {
  return ofText(status, JSON.stringify(value));
}

/** An answer in JSON that is true only at this moment: no cache may keep it. */
export function freshJson(status: number, value: unknown): HttpReply {
  return freshText(status, JSON.stringify(value));
}

/** The same of a text that is JSON already. */
export function freshText(status: number, text: string): HttpReply {
  const reply = ofText(status, text);
  return { ...reply, headers: { ...reply.headers, "cache-control": "no-store", "x-content-type-options": "nosniff" } };
}

function ofText(status: number, body: string): HttpReply {
  return { status, headers: { "content-type": "application/json" }, body };
}
