// The page's files are TypeScript modules that hold text: they are found alike under plain Node and in a bundle of one
// file, which knows no folder to read from.
import { createHash } from "node:crypto";
import type { Route } from "../../http.ts";
import { HTML } from "./html.ts";
import { SCRIPT } from "./script.ts";
import { STYLE } from "./style.ts";

const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-cache",
};

/** The routes of the page and of the two files it loads, served from memory. */
export function pageRoutes(): Route[] {
  return [
    routeOf("/", "text/html; charset=utf-8", HTML),
    routeOf("/page.css", "text/css; charset=utf-8", STYLE),
    routeOf("/page.js", "text/javascript; charset=utf-8", SCRIPT),
  ];
}

function routeOf(path: string, contentType: string, text: string): Route {
  const body = Buffer.from(text);
  const etag = `"${createHash("sha1").update(body).digest("base64url")}"`;
  const headers = { ...HEADERS, "content-type": contentType, etag };
  return {
    method: "GET",
    path,
    handle: ({ headers: asked }) =>
      asked["if-none-match"] === etag ? { status: 304, headers } : { status: 200, headers, body },
  };
}
