import { type Parsed, refuse } from "../../events/fault.ts";
import { badRequest, tryLater } from "../../http/problem.ts";
import { readQuery } from "../../http/query-parameters.ts";
import type { HttpReply, HttpRequest } from "../../http/route.ts";
import type { PlannedWork, ServiceSetter } from "../../storage/health-ports.ts";
import { authorOf } from "../tokens/author.ts";
import type { GuardedRoute } from "../tokens/guarded-routes.ts";
import type { Grant } from "../tokens/token-file.ts";
import { answering } from "./answering.ts";
import { maintenanceBody } from "./change-answers.ts";
import { readJsonBody } from "./json-body.ts";
import type { ServiceList } from "./service-list.ts";
import { unknownService } from "./unknown-service.ts";

const RETRY_AFTER_MS = 1000;

export interface SetRoutesOptions {
  setter: Omit<ServiceSetter, "set">;
  services: Pick<ServiceList, "has">;
  /** The header in which a proxy names its user. */
  userHeader?: string | undefined;
}

/**
 * Retires services, and plans work on them: 204 once that is kept. Every process knows of it some seconds later. Only services that
 * there are: every process holds all that is set, and a token may be for any number of names.
 */
export function setRoutes({ setter, services, userHeader }: SetRoutesOptions): GuardedRoute[] {
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
        if (!read.ok) return badRequest(read.faults);
        // What was set before a service's pulses expired can be taken back.
        if (method === "PUT" && !(await services.has(request.parameters.service as string))) return unknownService();
        return keep(read.value, `${method} ${what}`, request, grant);
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

  const always = (change: (service: string) => Promise<boolean>) => (request: HttpRequest) => {
    return { ok: true as const, value: () => change(request.parameters.service as string) };
  };
  const retire = (isRetired: boolean) => always((service) => setter.retire(service, isRetired));
  return [
    routeOf("PUT", "retired", retire(true)),
    routeOf("DELETE", "retired", retire(false)),
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
  const read = readJsonBody(maintenanceBody, body);
  if (!read.ok) return read;
  const { from, to, reason } = read.value;
  const work = { from: Date.parse(from), to: Date.parse(to), reason };
  return work.from < work.to ? { ok: true, value: work } : refuse("/to", "Expected a time after from", to);
}
