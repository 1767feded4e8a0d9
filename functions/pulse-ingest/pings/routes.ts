// Pings: a URL is all that a crontab or another monitor's sender needs. The token may be a part of the path there; no log line
// has such a path (http/request-path.ts).
import type { IncomingHttpHeaders } from "node:http";
import type { Parsed } from "../../../events/fault.ts";
import { fault } from "../../../events/fault.ts";
import { healthOf } from "../../../events/health.ts";
import { type Pulse, SERVICE_NAME_FORM, SERVICE_NAME_RULE } from "../../../events/pulse.ts";
import type { ReceiveContext } from "../../../events/pulse-event.ts";
import { refuseOtherSites } from "../../../http/changes.ts";
import { badRequest } from "../../../http/problem.ts";
import type { HttpReply, HttpRequest, Route } from "../../../http/route.ts";
import { bearerOf } from "../../tokens/credential.ts";
import { TOKEN_EXPECTED } from "../../tokens/refusals.ts";
import type { Intake } from "../intake.ts";
import { originOf } from "../origin.ts";
import { gatusPing, kumaPing, runPing } from "./ping.ts";
import { newRunId, readRunId } from "./run-id.ts";

type ReadPing = (request: HttpRequest, context: ReceiveContext) => Parsed<Pulse>;
type Parameters = HttpRequest["parameters"];

/** A wget or a proxy must ask again each time. */
const FRESH = { "cache-control": "no-store" };
const OK = { status: 200, headers: { ...FRESH, "content-type": "text/plain; charset=utf-8" }, body: "OK\n" };
const KUMA_OK = { status: 200, headers: { ...FRESH, "content-type": "application/json" }, body: '{"ok":true}' };
const OUTCOME = /^(?:start|fail|\d{1,3})$/;

/** The routes of pings. */
export function pingRoutes(intake: Intake): Route[] {
  const admitTo =
    (expected?: string) =>
    (headers: IncomingHttpHeaders, parameters: Parameters): HttpReply | undefined =>
      // A page of another site may make a browser ask for any URL.
      refuseOtherSites(headers) ?? intake.admit(headers, tokenOf(headers, parameters), expected);

  const take = (read: ReadPing, reply: HttpReply) => (request: HttpRequest) => {
    const parsed = read(request, intake.context());
    if (!parsed.ok) return intake.refuse("invalid", badRequest(parsed.faults));
    const grant = intake.grantOf(tokenOf(request.headers, request.parameters));
    if ("status" in grant) return grant;
    return intake.sendAll([parsed.value], grant, originOf(request), reply);
  };
  const takeRun = take(runPing, OK);

  /** Nothing is kept of a start: its answer is an id that says when it was, and the end brings it along. */
  function start({ parameters: { service = "" }, query }: HttpRequest): HttpReply {
    if (!SERVICE_NAME_FORM.test(service)) {
      return intake.refuse("invalid", badRequest([fault("/service_name", SERVICE_NAME_RULE, service)]));
    }
    const rid = readRunId(query);
    if (!rid.ok) return intake.refuse("invalid", badRequest(rid.faults));
    return { ...OK, body: `${rid.value ?? newRunId()}\n` };
  }

  function wrongOutcome(outcome: string): HttpReply {
    const expected = "Expected start, fail or an exit code after the service";
    return intake.refuse("invalid", badRequest([fault("/path", expected, outcome)]));
  }

  const handleRun: Route["handle"] = (request) => {
    const { token, service = "", outcome } = request.parameters;
    if (outcome !== undefined && !OUTCOME.test(outcome)) return wrongOutcome(outcome);
    // Without tokens, `/ping/backup/failed` names the job `backup`, and no service `failed` that would be well.
    const isOutcome = healthOf(service) !== "unknown" || (outcome === undefined && !SERVICE_NAME_FORM.test(service));
    if (token !== undefined && !intake.asksForTokens && isOutcome) return wrongOutcome(service);
    return outcome === "start" ? start(request) : takeRun(request);
  };
  const handleKuma = take(kumaPing, KUMA_OK);
  const both = (path: string, handle: Route["handle"], forms?: Route["forms"]): Route[] => {
    const [beginning] = path.split("/{", 1);
    const admit = admitTo(`${TOKEN_EXPECTED}, or one in the path: ${beginning}/TOKEN/SERVICE`);
    return (["GET", "POST"] as const).map((method) => ({ method, path, ...(forms && { forms }), admit, handle }));
  };
  return [
    ...both("/ping/{service}", handleRun),
    ...both("/ping/{service}/{outcome}", handleRun, { outcome: OUTCOME }),
    ...both("/ping/{token}/{service}", handleRun),
    ...both("/ping/{token}/{service}/{outcome}", handleRun),
    ...both("/api/push/{service}", handleKuma),
    ...both("/api/push/{token}/{service}", handleKuma),
    { method: "POST", path: "/api/v1/endpoints/{service}/external", admit: admitTo(), handle: take(gatusPing, OK) },
  ];
}

/** The token of a request: a ping's may be in its path. */
export function tokenOf(headers: IncomingHttpHeaders, parameters?: Parameters): string | undefined {
  return parameters?.token ?? bearerOf(headers);
}
