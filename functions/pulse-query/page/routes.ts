import type { IncomingHttpHeaders } from "node:http";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import { isTaggedWith, takes, weakTagOf } from "../../../http/conditional.ts";
import type { HttpReply, Route } from "../../../http/route.ts";
import { buildPage, type PageFiles } from "./build.ts";

const DEFAULT_INGEST = "http://localhost:8080";
const FILES: Readonly<Record<string, { file: keyof PageFiles; type: string }>> = {
  "/": { file: "html", type: "text/html; charset=utf-8" },
  "/page.css": { file: "css", type: "text/css; charset=utf-8" },
  "/page.js": { file: "js", type: "text/javascript; charset=utf-8" },
};
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
  bodies: Record<"plain" | "gzip" | "br", Buffer>;
}

/**
 * The routes of the page and of the two files that it loads. The first request makes and compresses all three. While there
 * is no service, the page shows a command that sends a pulse to `ingestUrl`.
 */
export function pageRoutes(ingestUrl: URL | undefined): Route[] {
  let prepared: Promise<Map<string, ServedFile>> | undefined;
  const serve = async (path: string, asked: IncomingHttpHeaders): Promise<HttpReply> => {
    // A failed build is not kept: somebody may correct the sources while the function runs.
    prepared ??= prepare(ingestUrl).catch((error) => {
      prepared = undefined;
      throw error;
    });
    const { headers, bodies } = (await prepared).get(path) as ServedFile;
    if (isTaggedWith(asked["if-none-match"], headers.etag as string)) return { status: 304, headers };
    const encoding = (["br", "gzip"] as const).find((one) => takes(asked["accept-encoding"], one));
    if (encoding === undefined) return { status: 200, headers, body: bodies.plain };
    return { status: 200, headers: { ...headers, "content-encoding": encoding }, body: bodies[encoding] };
  };
  return Object.keys(FILES).map((path) => ({ method: "GET", path, handle: ({ headers }) => serve(path, headers) }));
}

async function prepare(ingestUrl: URL | undefined): Promise<Map<string, ServedFile>> {
  const files = await buildPage();
  const ingest = (ingestUrl?.href ?? DEFAULT_INGEST).replace(/\/$/, "");
  files.html = files.html.replace("{{ingest}}", () => escapeAttribute(ingest));
  const served = new Map<string, ServedFile>();
  for (const [path, { file, type }] of Object.entries(FILES)) {
    const plain = Buffer.from(files[file]);
    const [gzipped, br] = await Promise.all([promisify(gzip)(plain), promisify(brotliCompress)(plain)]);
    served.set(path, {
      headers: { ...HEADERS, "content-type": type, etag: weakTagOf(plain) },
      bodies: { plain, gzip: gzipped, br },
    });
  }
  return served;
}

function escapeAttribute(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
