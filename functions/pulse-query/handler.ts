// pulse-query reads the store and shows what it holds. This file has the routes. service-list.ts lists services with what pulse-health
// says of them (health-now.ts), service-detail.ts shows one, health-routes.ts says how services were (health-history.ts, incidents.ts), summary-routes.ts sums spans up,
// live-routes.ts streams changes, export.ts streams whole spans, badge-routes.ts shows badges, dead-letters.ts forwards to
// pulse-deadletter, forget.ts removes services, set-routes.ts retires and maintains them, marker-routes.ts says what changed with them, session-routes.ts signs browsers in,
// openapi.ts describes the API, page/ serves the page.
import { ServicesSettings } from "../../health/service-settings.ts";
import { History } from "../../history/history.ts";
import { asPolled } from "../../http/conditional.ts";
import { freshJson, freshText, json } from "../../http/json.ts";
import { Pace } from "../../http/pace.ts";
import { badRequest, tryLater } from "../../http/problem.ts";
import { faultsInQuery, readQuery } from "../../http/query-parameters.ts";
import type { HttpReply, HttpRequest, Route } from "../../http/route.ts";
import { Turns } from "../../http/turns.ts";
import type { HealthReader, ServiceSetter } from "../../storage/health-ports.ts";
import type { MarkerStore } from "../../storage/marker-ports.ts";
import type { PulseForgetter, PulseReader, RollupStore, StoreLifecycle } from "../../storage/ports.ts";
import { StoreError } from "../../storage/store-error.ts";
import type { Logger } from "../log.ts";
import type { PulseFunction } from "../pulse-function.ts";
import type { Doors } from "../tokens/doors.ts";
import { behind, isStillFor } from "../tokens/guarded-routes.ts";
import type { Grant } from "../tokens/token-file.ts";
import { answering } from "./answering.ts";
import { badgeRoutes } from "./badge-routes.ts";
import { deadLetterRoutes } from "./dead-letters.ts";
import { Exports, wantsLines } from "./export.ts";
import { forgetRoute } from "./forget.ts";
import { PastHealth } from "./health-history.ts";
import { HealthNow } from "./health-now.ts";
import { healthRoutes } from "./health-routes.ts";
import { Incidents } from "./incidents.ts";
import { LIVE_DEFAULTS, type LiveOptions } from "./live.ts";
import { liveRoutes } from "./live-routes.ts";
import { markersRoute, markRoute } from "./marker-routes.ts";
import { pageRoutes } from "./page/routes.ts";
import { exportParameters, pulsesParameters, readSpanQuery, servicesParameters } from "./query-parameters.ts";
import { detailOf } from "./service-detail.ts";
import { ServiceList } from "./service-list.ts";
import { ServicePages } from "./service-pages.ts";
import { sessionRoutes } from "./session-routes.ts";
import { setRoutes } from "./set-routes.ts";
import { askWhyNotStored } from "./storing.ts";
import { summaryRoutes } from "./summary-routes.ts";
import { unknownService } from "./unknown-service.ts";
import { viewPulse, viewPulseLine, viewService } from "./view.ts";

export interface QueryOptions {
  store: PulseReader &
    PulseForgetter &
    StoreLifecycle & {
      readonly rollups?: RollupStore;
      readonly health: HealthReader & ServiceSetter;
      readonly markers: MarkerStore;
    };
  /** What is set for services. @default nothing */
  settings?: () => ServicesSettings;
  retentionMs: number;
  /** How far summaries reach back. @default the retention */
  historyMs?: number;
  log: Logger;
  doors: Doors;
  /** Of live streams. */
  live?: Partial<LiveOptions>;
  /** Where pulse-persist is, which says why pulses are not stored. */
  persistUrl?: URL | undefined;
  /** Where pulse-deadletter is. */
  deadLetterUrl?: URL | undefined;
  /** The header in which a proxy names its user. */
  userHeader?: string | undefined;
  /** The services whose badges everybody may see, as patterns. @default none */
  publicBadges?: readonly string[] | undefined;
  /** Where services send their pulses; the page shows it while there is no service. */
  ingestUrl?: URL | undefined;
  /** Epoch ms. @default Date.now */
  now?: () => number;
}

/** While the store is away, each live stream asks again every second, and there are up to a thousand. */
const AWAY_LOGGED_EVERY_MS = 1000;

const nothing = new ServicesSettings();
const noSettings = () => nothing;

/** pulse-query: the health, pulses and summary of each service, as JSON, as a live stream and as a page. */
export function createQuery({
  store,
  retentionMs,
  historyMs = retentionMs,
  log,
  doors,
  live: liveOptions,
  persistUrl,
  deadLetterUrl,
  userHeader,
  publicBadges = [],
  ingestUrl,
  settings = noSettings,
  now = Date.now,
}: QueryOptions): PulseFunction {
  const liveDefaults = { ...LIVE_DEFAULTS, ...liveOptions };
  const health = new HealthNow({ health: store.health, settings, keptMs: liveDefaults.pollMs, now });
  const services = new ServiceList({ reader: store, health, settings, now });
  let awayLoggedAt = Number.NEGATIVE_INFINITY;
  const live = liveRoutes({
    ...liveDefaults,
    services,
    reader: store,
    door: doors.read,
    now,
    whyNotStored: askWhyNotStored(persistUrl, now),
    async explain(error) {
      if (!(error instanceof StoreError)) {
        log.error({ err: error }, "a look at the services failed: this is a defect");
        return "pulse-query failed to read the services; its log says why";
      }
      if (performance.now() - awayLoggedAt >= AWAY_LOGGED_EVERY_MS) {
        awayLoggedAt = performance.now();
        log.warn({ err: error }, "the store did not answer: live listeners wait");
      }
      const { message } = await store.check().then(
        () => error,
        (reason: Error) => reason,
      );
      return message;
    },
  });
  const pace = new Pace();
  const turns = new Turns({ pace });
  const history = new History({ reader: store, rollups: store.rollups, retentionMs, now });
  const past = new PastHealth({ health: store.health, settings, retentionMs, historyMs, now });
  const incidents = new Incidents({ health: store.health, settings, retentionMs });
  const marking = { store, services, retentionMs, historyMs, userHeader, turns, now };
  const exports = new Exports(turns);
  const pages = new ServicePages(services, turns);
  const readNothing = (query: URLSearchParams) => readQuery({}, query);
  const readSpan =
    <F extends Parameters<typeof readSpanQuery>[0]>(fields: F) =>
    (query: URLSearchParams) =>
      readSpanQuery(fields, query, { now: now(), retentionMs });

  const readPage = (query: URLSearchParams) => readQuery(servicesParameters, query);
  const listServices = answering(readPage, async ({ limit, cursor }, request, grant) => {
    const page = await pages.get(request, { limit, cursor, covers: (service) => grant.covers(service) });
    if (page === undefined) return tryLater(503, "No more lists of services can be made at this moment.", 1000);
    if (!page.ok) return badRequest(faultsInQuery(page.faults));
    return varyingByAccept(await asPolled(freshText(200, page.value), request));
  });

  const mayGoOn = ({ headers, parameters }: HttpRequest, grant: Grant) => {
    return () => isStillFor(grant, doors.read.grantOf(headers), parameters.service);
  };

  const exportServices = answering(readNothing, (_, request, grant) =>
    exports.open(
      request.client(),
      services.chunks(),
      (service) => (grant.covers(service.pulse.service_name) ? viewService(service) : undefined),
      mayGoOn(request, grant),
    ),
  );

  const showService = answering(readNothing, async (_, request) => {
    const service = await services.one(request.parameters.service as string);
    if (service === undefined) return unknownService();
    return asPolled(freshJson(200, await detailOf(service, { health: store.health, past, settings, now })), request);
  });

  const listPulses = answering(readSpan(pulsesParameters), async ({ span, limit, cursor }, { parameters }) => {
    // A service that never pulsed has an empty page: to know it from others would cost a look at all services.
    const page = await store.page(parameters.service as string, span, limit, cursor);
    if (!page.ok) return badRequest(faultsInQuery(page.faults));
    return varyingByAccept(freshJson(200, { pulses: page.value.pulses.map(viewPulse), cursor: page.value.cursor }));
  });

  const exportPulses = answering(readSpan(exportParameters), ({ span }, request, grant) => {
    const pulses = store.scan(request.parameters.service as string, span);
    return exports.open(request.client(), pulses, viewPulseLine, mayGoOn(request, grant));
  });

  async function showDescription(request: HttpRequest): Promise<HttpReply> {
    const { describeApi } = await import("./openapi.ts");
    return asPolled(json(200, describeApi()), request);
  }

  const isExport = ({ headers, method }: HttpRequest) => wantsLines(headers.accept) && method === "GET";
  const routes: Route[] = [
    ...pageRoutes(ingestUrl),
    ...deadLetterRoutes({ url: deadLetterUrl, doors, userHeader }),
    ...sessionRoutes(doors),
    ...behind(doors.read, [
      {
        method: "GET",
        path: "/services",
        handle: (request, grant) => (isExport(request) ? exportServices : listServices)(request, grant),
      },
      { method: "GET", path: "/services/{service}", handle: showService },
      {
        method: "GET",
        path: "/services/{service}/pulses",
        handle: (request, grant) => (isExport(request) ? exportPulses : listPulses)(request, grant),
      },
      markersRoute(marking),
      ...summaryRoutes({ store, history, retentionMs, historyMs, turns, now }),
      ...healthRoutes({ past, incidents, retentionMs, historyMs, turns, now }),
    ]),
    ...badgeRoutes({ services, past, history, publicBadges, door: doors.read, turns, now }),
    ...behind(doors.admin, [
      forgetRoute({ store, userHeader }),
      ...setRoutes({ setter: store.health, services, userHeader }),
      markRoute(marking),
    ]),
    ...live.routes,
    { method: "GET", path: "/openapi.json", handle: showDescription },
  ];
  return {
    name: "pulse-query",
    pace,
    routes,
    check: async () => {
      await store.check();
      return undefined;
    },
    onDrain: live.end,
    close: () => store.close(),
  };
}

function varyingByAccept(reply: HttpReply): HttpReply {
  const { vary } = reply.headers ?? {};
  return { ...reply, headers: { ...reply.headers, vary: vary === undefined ? "accept" : `accept, ${vary}` } };
}
