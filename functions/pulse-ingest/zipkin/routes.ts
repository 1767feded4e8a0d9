import type { IncomingHttpHeaders } from "node:http";
import { isJsonType } from "../../../events/cloud-event.ts";
import { badRequest, contentOf, problem } from "../../../http/problem.ts";
import type { HttpReply, HttpRequest, Route } from "../../../http/route.ts";
import type { Intake } from "../intake.ts";
import { sendSpans } from "../spans/send-spans.ts";
import { Sieve } from "../spans/sieve.ts";
import { readZipkinSpans } from "./spans.ts";

/** The route of Zipkin's reporters. They try nothing again, and look at no answer but its status. */
export function zipkinRoutes(intake: Intake): Route[] {
  function admit(headers: IncomingHttpHeaders): HttpReply | undefined {
    const refusal = intake.admit(headers);
    const type = headers["content-type"];
    if (refusal !== undefined || (type !== undefined && isJsonType(type))) return refusal;
    const detail = `Expected Content-Type application/json, got ${contentOf(headers)}: set the reporter's encoding to JSON.`;
    return intake.refuse("unsupported", problem(415, "Unsupported media type", detail));
  }

  function accept(request: HttpRequest): HttpReply | Promise<HttpReply> {
    const { body } = request;
    const full = intake.refuseWhenFull(body.length);
    if (full !== undefined) return full;
    const sieve = new Sieve(intake.context());
    const read = readZipkinSpans(body, sieve);
    if (!read.ok) return intake.refuse("invalid", badRequest(read.faults));
    return sendSpans(intake, sieve, request, () => ({ status: 202 }));
  }

  return [{ method: "POST", path: "/api/v2/spans", trace: "never", admit, handle: accept }];
}
