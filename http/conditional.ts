import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { HttpReply, HttpRequest } from "./route.ts";

const compress = promisify(gzip);
/** Less than that fits into a packet anyway. */
const MIN_COMPRESSED_BYTES = 1400;
/** Measured on a list of 2,000 services: a tenth of its bytes in 4 ms; the default level takes 12 ms for a fifteenth. */
const LEVEL = 3;

/**
 * An answer for one that polls: tagged, so that whoever has it is told so in a few bytes, and compressed for whoever takes
 * that. The tag is weak, as it is one for all encodings (RFC 9110, 8.8.1).
 */
export async function asPolled(reply: HttpReply, { headers: asked }: HttpRequest): Promise<HttpReply> {
  const { body } = reply;
  if (reply.status !== 200 || typeof body !== "string") return reply;
  const etag = `W/"${createHash("sha1").update(body).digest("base64url")}"`;
  const headers = { ...reply.headers, "cache-control": "no-cache", vary: "accept-encoding", etag };
  if (isTaggedWith(asked["if-none-match"], etag)) return { status: 304, headers };
  if (body.length < MIN_COMPRESSED_BYTES || !takes(asked["accept-encoding"], "gzip")) return { ...reply, headers };
  return {
    ...reply,
    headers: { ...headers, "content-encoding": "gzip" },
    body: await compress(body, { level: LEVEL }),
  };
}

/** Whether a client has what is tagged so: a list of tags or "*", compared weakly (RFC 9110, 13.1.2). */
export function isTaggedWith(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const bare = etag.replace(/^W\//, "");
  return ifNoneMatch.split(",").some((tag) => ["*", bare].includes(tag.trim().replace(/^W\//, "")));
}

/** Whether a client takes an encoding: RFC 9110, 12.5.3, without weighing one against another. */
export function takes(acceptEncoding: string | string[] | undefined, encoding: "br" | "gzip"): boolean {
  return String(acceptEncoding ?? "")
    .split(",")
    .map((one) => one.trim().toLowerCase())
    .some((one) => one === encoding || (one.startsWith(`${encoding};`) && !/;\s*q=0(?:\.0*)?$/.test(one)));
}
