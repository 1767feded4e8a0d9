import { parseJson } from "../../events/cloud-event.ts";
import { fault, type Parsed, parsedUnless, pointerTo, refuse } from "../../events/fault.ts";
import { parseTime } from "../../events/time.ts";
import { badRequest, tryLater } from "../../http/problem.ts";
import { readQuery } from "../../http/query-parameters.ts";
import type { HttpReply, HttpRequest } from "../../http/route.ts";
import type { PlannedWork, ServiceSetter } from "../../storage/health-ports.ts";
import { authorOf } from "../tokens/author.ts";
import type { GuardedRoute } from "../tokens/guarded-routes.ts";
import type { Grant } from "../tokens/token-file.ts";
import { answering } from "./answering.ts";

const MAX_REASON = 500;
const RETRY_AFTER_MS = 1000;
const FIELDS = ["from", "to", "reason"];
const TIME = "Expected an RFC 3339 time such as 2026-12-24T22:00:00Z";

export interface SetRoutesOptions {
  setter: Omit<ServiceSetter, "set">;
  /** The header in which a proxy names its user. */
  userHeader?: string | undefined;
}

/** Retires services, and plans work on them: 204 once that is kept. Every process knows of it some seconds later. */
export function setRoutes({ setter, userHeader }: SetRoutesOptions): GuardedRoute[] {
  const routeOf = (
    method: "PUT" | "DELETE",
    what: string,
    change: (request: HttpRequest) => Parsed<() => Promise<boolean>>,
  ): GuardedRoute => ({
    method,
    path: `/services/{service}/${what}`,
    handle: answering(
      (query) => readQuery({}, query),
      async (_, request, grant) => {
        const read = change(request);
        return read.ok ? keep(read.value, `${method} ${what}`, request, grant) : badRequest(read.faults);
      },
    ),
  });

  async function keep(
    change: () => Promise<boolean>,
    what: string,
    { parameters, headers, log }: HttpRequest,
    grant: Grant,
  ): Promise<HttpReply> {
    if (!(await change())) return tryLater(503, "The store does not take it at the moment.", RETRY_AFTER_MS);
    log.info({ service: parameters.service, what, by: authorOf(headers, grant, userHeader) }, "set for a service");
    return { status: 204 };
  }

  const always = (work: (service: string) => Promise<boolean>) => (request: HttpRequest) => {
    return { ok: true as const, value: () => work(request.parameters.service as string) };
  };
  return [
    routeOf(
      "PUT",
      "retired",
      always((service) => setter.retire(service, true)),
    ),
    routeOf(
      "DELETE",
      "retired",
      always((service) => setter.retire(service, false)),
    ),
    routeOf("PUT", "maintenance", ({ parameters, body }) => {
      const read = readMaintenance(body);
      return read.ok ? { ok: true, value: () => setter.plan(parameters.service as string, read.value) } : read;
    }),
    routeOf(
      "DELETE",
      "maintenance",
      always((service) => setter.plan(service, undefined)),
    ),
  ];
}

function readMaintenance(body: Buffer): Parsed<PlannedWork> {
  const json = parseJson(body, "");
  if (!json.ok) return json;
  if (typeof json.value !== "object" || json.value === null || Array.isArray(json.value)) {
    return refuse("", "Expected an object with from, to and reason", json.value);
  }
  const { from: fromText, to: toText, reason, ...others } = json.value as Record<string, unknown>;
  const faults = Object.keys(others).map((name) => {
    return fault(pointerTo("", [name]), `Expected only ${FIELDS.join(", ")}`, others[name]);
  });
  const [from, to] = [timeOf(fromText), timeOf(toText)];
  if (from === undefined) faults.push(fault("/from", TIME, fromText));
  if (to === undefined) faults.push(fault("/to", TIME, toText));
  if (from !== undefined && to !== undefined && from >= to)
    faults.push(fault("/to", "Expected a time after from", toText));
  if (typeof reason !== "string" || reason === "" || reason.length > MAX_REASON) {
    faults.push(fault("/reason", `Expected a text of 1 to ${MAX_REASON} characters`, reason));
  }
  return parsedUnless(faults, { from, to, reason } as PlannedWork);
}

function timeOf(value: unknown): number | undefined {
  return typeof value === "string" ? parseTime(value) : undefined;
}
