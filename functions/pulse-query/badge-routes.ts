import type { History, Share } from "../../history/history.ts";
import { asPolled } from "../../http/conditional.ts";
import { freshJson } from "../../http/json.ts";
import { badRequest, tryLater } from "../../http/problem.ts";
import type { HttpReply, HttpRequest, Route } from "../../http/route.ts";
import type { Turns } from "../../http/turns.ts";
import { matchOf } from "../../settings/service-patterns.ts";
import { floorTo, TIERS } from "../../storage/tiers.ts";
import { whileStoreAnswers } from "../store-answers.ts";
import { type Door, OPEN_DOOR } from "../tokens/doors.ts";
import { behind } from "../tokens/guarded-routes.ts";
import type { BadgeView } from "./answers.ts";
import { badgeOf, drawBadge, p95Badge, uptimeBadge } from "./badge.ts";
import { divide } from "./divide.ts";
import type { PastHealth } from "./health-history.ts";
import { readBadgeQuery, windowMs } from "./query-parameters.ts";
import type { ServiceList } from "./service-list.ts";
import { SharedAnswers } from "./shared-answers.ts";

/** Figures that are made at one time, and that wait for it. */
const MAX_FIGURES = 4;
const MAX_WAITING = 100;

export interface BadgeRoutesOptions {
  services: ServiceList;
  past: PastHealth;
  history: History;
  /** The services whose badges everybody may see, as patterns. */
  publicBadges: readonly string[];
  door: Door;
  turns: Turns;
  now: () => number;
}

/** Badges with the health of a service, its uptime or its p95. */
export function badgeRoutes({ services, past, history, publicBadges, door, turns, now }: BadgeRoutesOptions): Route[] {
  const figures = new SharedAnswers<BadgeView>(MAX_FIGURES, MAX_WAITING, now);

  /** @throws once the signal aborts */
  async function figureOf(service: string, show: "uptime" | "p95", window: string, share: Share): Promise<BadgeView> {
    // By the minute: many pages show the same badge.
    const to = floorTo(TIERS.minute, now());
    const span = { from: to - windowMs(window), to };
    if (show === "uptime") return uptimeBadge(service, await past.uptime(service, span, share), window);
    const exactFrom = history.exactFromOf(span);
    const { parts } = await history.read(service, divide(span, 1, exactFrom), { ...share, exactFrom });
    return p95Badge(service, parts[0]?.latencies.percentile(95), window);
  }

  const showBadge = (draw: (badge: BadgeView) => HttpReply | Promise<HttpReply>) =>
    whileStoreAnswers(async (request: HttpRequest) => {
      const query = readBadgeQuery(request.query);
      if (!query.ok) return badRequest(query.faults);
      const { show, window } = query.value;
      const service = request.parameters.service as string;
      if (show === "health") {
        const { health = "unknown" } = (await services.one(service)) ?? {};
        return asPolled(await draw(badgeOf(service, health)), request);
      }
      const client = request.client();
      const badge = await figures.get(JSON.stringify([service, show, window]), request, (signal) =>
        figureOf(service, show, window, { signal, nextTurn: () => turns.next(client) }),
      );
      if (badge === undefined) return tryLater(503, "No more badges can be made at this moment.", 1000);
      return asPolled(await draw(badge), request);
    });

  const isPublic = matchOf(publicBadges);
  const routes = [
    { method: "GET" as const, path: "/services/{service}/badge.svg", handle: showBadge(drawBadge) },
    {
      method: "GET" as const,
      path: "/services/{service}/badge.json",
      handle: showBadge((badge) => freshJson(200, badge)),
    },
  ];
  return routes.map((route) => {
    const [guarded] = behind(door, [route]) as [Route];
    const [open] = behind(OPEN_DOOR, [route]) as [Route];
    const handle: Route["handle"] = (request) => {
      if (isPublic(request.parameters.service as string)) return open.handle(request);
      return guarded.admit?.(request.headers, request.parameters) ?? guarded.handle(request);
    };
    return { ...route, handle };
  });
}
