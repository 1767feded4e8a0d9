import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import { isTaggedWith, takes } from "../../../http/conditional.ts";
import type { HttpReply, Route } from "../../../http/route.ts";
import { buildPage } from "./build.ts";

export interface PageOptions {
  /** Where services send their pulses, for the command that the empty page shows. */
  ingestUrl: URL | undefined;
}

const DEFAULT_INGEST = "http://localhost:8080";
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cache-control": "no-cache",
  vary: "accept-encoding",
};

interface ServedFile {
  headers: Record<string, string>;
  /** By the name of the encoding; `identity` is the plain one. */
  bodies: Record<"identity" | "gzip" | "br", Buffer>;
}

/** The routes of the page and of the two files it loads, made and compressed once, when the first is asked for. */
export function pageRoutes(options: PageOptions): Route[] {
  let files: Promise<Record<keyof typeof PATHS, ServedFile>> | undefined;

  async function serve(path: keyof typeof PATHS, asked: Parameters<Route["handle"]>[0]["headers"]): Promise<HttpReply> {
    // A failure is not kept: the sources may be mended while the function runs.
    files ??= prepare(options).catch((error) => {
      files = undefined;
      throw error;
    });
    const { headers, bodies } = (await files)[path];
    if (isTaggedWith(asked["if-none-match"], headers.etag as string)) return { status: 304, headers };
    const encoding = (["br", "gzip"] as const).find((one) => takes(asked["accept-encoding"], one));
    if (encoding === undefined) return { status: 200, headers, body: bodies.identity };
    return { status: 200, headers: { ...headers, "content-encoding": encoding }, body: bodies[encoding] };
  }

  return (Object.keys(PATHS) as (keyof typeof PATHS)[]).map((path) => ({
    method: "GET",
    path,
    handle: ({ headers }) => serve(path, headers),
  }));
}

const PATHS = {
  "/": { type: "text/html; charset=utf-8", file: "html" },
  "/page.css": { type: "text/css; charset=utf-8", file: "css" },
  "/page.js": { type: "text/javascript; charset=utf-8", file: "js" },
} as const;

async function prepare({ ingestUrl }: PageOptions): Promise<Record<keyof typeof PATHS, ServedFile>> {
  const files = await buildPage();
  const ingest = (ingestUrl?.href ?? DEFAULT_INGEST).replace(/\/$/, "");
  const html = files.html.replace("{{ingest}}", () => escapeAttribute(ingest));
  const served = await Promise.all(
    Object.entries(PATHS).map(async ([path, { type, file }]) => [
      path,
      await serveText(type, file === "html" ? html : files[file]),
    ]),
  );
  return Object.fromEntries(served);
}

async function serveText(type: string, text: string): Promise<ServedFile> {
  const identity = Buffer.from(text);
  const etag = `W/"${createHash("sha1").update(identity).digest("base64url")}"`;
  const [gzipped, br] = await Promise.all([promisify(gzip)(identity), promisify(brotliCompress)(identity)]);
  return { headers: { ...HEADERS, "content-type": type, etag }, bodies: { identity, gzip: gzipped, br } };
}

function escapeAttribute(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
