import type { HttpReply } from "./route.ts";

/** An answer in JSON. */
export function json(status: number, value: unknown): HttpReply {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}

/** An answer in JSON that is true only at this moment: no cache may keep it. */
export function freshJson(status: number, value: unknown): HttpReply {
  const reply = json(status, value);
  return { ...reply, headers: { ...reply.headers, "cache-control": "no-store", "x-content-type-options": "nosniff" } };
}
