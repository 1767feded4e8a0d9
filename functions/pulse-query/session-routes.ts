// The page's sign-in. The cookie holds the token itself: every replica knows it, and its revocation ends it everywhere.
import type { IncomingHttpHeaders } from "node:http";
import { parseJson } from "../../events/cloud-event.ts";
import { admitChange } from "../../http/changes.ts";
import { freshJson } from "../../http/json.ts";
import { problem } from "../../http/problem.ts";
import type { HttpReply, HttpRequest, Route } from "../../http/route.ts";
import { cookieTokenOf, TOKEN_COOKIE } from "../tokens/credential.ts";
import type { Doors } from "../tokens/doors.ts";
import type { Session } from "./answers.ts";
import { signInBody } from "./change-answers.ts";

const DAYS_30_S = 30 * 24 * 3600;

/** What a browser may do, and how it signs in and out. All three are open, and lie in one folder, which is the cookie's. */
export function sessionRoutes(doors: Doors): Route[] {
  function show({ headers }: HttpRequest): HttpReply {
    const session: Session = {
      may_read: doors.read.admit(headers) === undefined,
      may_change: doors.admin.admit(headers) === undefined,
      can_sign_in: doors.hasTokens,
      is_signed_in: doors.knows(cookieTokenOf(headers)),
    };
    return freshJson(200, session);
  }

  function signIn({ headers, body }: HttpRequest): HttpReply {
    const read = parseJson(body, "");
    const parsed = signInBody.safeParse(read.ok ? read.value : undefined);
    if (!parsed.success) return problem(400, "Invalid request", 'Expected JSON such as {"token":"…"}.');
    const { token } = parsed.data;
    if (!doors.knows(token)) return problem(401, "Unauthorized", "Expected a known token.");
    return withCookie(headers, encodeURIComponent(token), DAYS_30_S);
  }

  return [
    { method: "GET", path: "/session", handle: show },
    { method: "POST", path: "/sign-in", admit: admitChange, handle: signIn },
    { method: "POST", path: "/sign-out", admit: admitChange, handle: ({ headers }) => withCookie(headers, "", 0) },
  ];
}

/**
 * No script reads the cookie, and no other site's page makes a browser send it. Without a path it is for the folder that the page lies
 * in, also behind a proxy that adds one.
 */
function withCookie(headers: IncomingHttpHeaders, value: string, maxAge: number): HttpReply {
  const isSecure = isHttps(headers.origin) || isHttps(headers["x-forwarded-proto"]);
  const cookie = `${TOKEN_COOKIE}=${value}; Max-Age=${maxAge}; HttpOnly; SameSite=Strict${isSecure ? "; Secure" : ""}`;
  return { status: 204, headers: { "set-cookie": cookie, "cache-control": "no-store" } };
}

function isHttps(value: string | string[] | undefined): boolean {
  return /^https(?:$|:|,)/.test(String(value ?? ""));
}
