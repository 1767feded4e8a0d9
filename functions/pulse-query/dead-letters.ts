// Forwards a fixed set of requests to pulse-deadletter, so that the page reaches dead letters at its own origin.
// pulse-deadletter alone lists, replays and counts.

import { mediaTypeOf } from "../../events/cloud-event.ts";
import { Places } from "../../http/places.ts";
import { problem, tryLater } from "../../http/problem.ts";
import type { HttpReply, HttpRequest, Route } from "../../http/route.ts";
import { TOKEN_FORM } from "../../settings/token-form.ts";
import { deadLetterForms } from "../dead-letter-parameters.ts";
import { credentialOf } from "../tokens/credential.ts";
import type { Doors } from "../tokens/doors.ts";
import { behind } from "../tokens/guarded-routes.ts";
import { urlUnder } from "../url-under.ts";

/** Answers with whole events that are forwarded at one time, each in memory: as many as pulse-deadletter makes. */
const MAX_READS = 4;
const MAX_WAITING = 50;

const FORWARDED_HEADERS = ["content-type", "retry-after", "www-authenticate", "x-content-type-options"] as const;

export interface DeadLetterRoutesOptions {
  /** Where pulse-deadletter is; without it every request gets 404. */
  url: URL | undefined;
  doors: Doors;
  /** The header in which a proxy names its user. */
  userHeader?: string | undefined;
  /** For a whole request: pulse-deadletter may have to start first. @default 15,000 */
  timeoutMs?: number;
}

/** Lists and replays dead letters through pulse-deadletter, which asks for the reader's token again. */
export function deadLetterRoutes({ url, doors, userHeader, timeoutMs = 15_000 }: DeadLetterRoutesOptions): Route[] {
  const reads = new Places(MAX_READS, MAX_WAITING);

  async function read(path: string, request: HttpRequest): Promise<HttpReply> {
    const answer = await reads.workInTurn(request, (signal) => forward(path, request, "GET", signal));
    return answer ?? tryLater(503, "No more dead letters can be read at this moment.", 1000);
  }

  /** @throws once the signal aborts */
  async function forward(
    path: string,
    request: HttpRequest,
    method: "GET" | "POST",
    signal?: AbortSignal,
  ): Promise<HttpReply> {
    const { query, body } = request;
    if (url === undefined) {
      return problem(404, "Not found", "Expected PULSE_DEADLETTER_URL to say where pulse-deadletter is, got nothing.");
    }
    const target = urlUnder(url, path);
    target.search = query.toString();
    // Made out here: what cannot be a header is a defect, and no absence of pulse-deadletter.
    const headers = headersFor(request);
    try {
      const answer = await fetch(target, {
        method,
        redirect: "error",
        signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])]),
        headers,
        ...(body.length > 0 && { body: new Uint8Array(body) }),
      });
      if (!isOwn(answer)) {
        await answer.body?.cancel();
        throw new Error(
          `Expected an answer of pulse-deadletter, got ${answer.status} with ${typeOf(answer) || "no type"}`,
        );
      }
      const answered: Record<string, string> = { "cache-control": "no-store" };
      for (const name of FORWARDED_HEADERS) {
        const value = answer.headers.get(name);
        if (value !== null) answered[name] = value;
      }
      return { status: answer.status, headers: answered, body: Buffer.from(await answer.arrayBuffer()) };
    } catch (error) {
      if (signal?.aborted) throw error;
      return { ...tryLater(503, "pulse-deadletter did not answer.", 2000), trail: { err: error } };
    }
  }

  function headersFor({ headers, body }: HttpRequest): Headers {
    const token = credentialOf(headers);
    const user = userHeader === undefined ? undefined : headers[userHeader];
    return new Headers({
      ...(body.length > 0 && { "content-type": "application/json" }),
      // Where nobody needs a token, a browser's cookie may hold anything.
      ...(token !== undefined && TOKEN_FORM.test(token) && { authorization: `Bearer ${token}` }),
      ...(userHeader !== undefined && typeof user === "string" && { [userHeader]: user }),
    });
  }

  return [
    ...behind(doors.read, [
      { method: "GET", path: "/dead-letters", handle: (request) => read("/dead-letters", request) },
      {
        method: "GET",
        path: "/dead-letters/count",
        handle: (request) => forward("/dead-letters/count", request, "GET"),
      },
      {
        method: "GET",
        path: "/dead-letters/{id}",
        forms: deadLetterForms,
        handle: (request) => read(pathOf(request), request),
      },
    ]),
    ...behind(doors.admin, [
      {
        method: "POST",
        path: "/dead-letters/{id}/replay",
        forms: deadLetterForms,
        handle: (request) => forward(`${pathOf(request)}/replay`, request, "POST"),
      },
    ]),
  ];
}

/**
 * Whether pulse-deadletter answered: a gateway before it says 502, or 503 without a time, and mostly in text. PulseMesh gives its clients
 * no 5xx but 503.
 */
function isOwn(answer: Response): boolean {
  const { ok, status } = answer;
  if (ok) return typeOf(answer) === "application/json";
  return (status < 500 || status === 503) && typeOf(answer) === "application/problem+json";
}

function typeOf({ headers }: Response): string {
  return mediaTypeOf(headers.get("content-type") ?? undefined);
}

function pathOf({ parameters }: HttpRequest): string {
  return `/dead-letters/${encodeURIComponent(parameters.id as string)}`;
}
