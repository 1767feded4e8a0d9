import { useMemo, useState } from "preact/hooks";
import { SERVICE_HEALTHS } from "../../../../events/service-health.ts";
import type { ServiceView } from "../../answers.ts";
import { Banner } from "./banner.tsx";
import { EmptyWall } from "./empty-wall.tsx";
import { moveFocus } from "./grid-keys.ts";
import { useGrowingList } from "./growing-list.ts";
import { HealthFilter } from "./health-filter.tsx";
import type { Connection } from "./live.ts";
import { Masthead } from "./masthead.tsx";
import { OwnState } from "./own-state.tsx";
import type { PageView } from "./page-view.ts";
import { Select } from "./select.tsx";
import { useServices } from "./services.ts";
import { useSteady, useSteadyOrder } from "./steady.ts";
import { Tile } from "./tile.tsx";
import { asOf, verdictOf } from "./verdict.ts";
import { arrange, countHealths, DENSITIES, type Density, LARGE_UP_TO, ORDERS, type Order } from "./wall-order.ts";
import { WallTools } from "./wall-tools.tsx";

/** The service that was opened last. A reader who comes back goes on there. */
let lastOpened: string | undefined;

/** Before the first services; the banner speaks for the other states. */
const WAITING: Partial<Record<Connection["state"], string>> = {
  waiting: "Loading the services…",
  lost: "pulse-query cannot be reached. Trying again…",
};

/** All services as a wall of tiles. */
export function Wall({ query }: { query: PageView["query"] }) {
  const { services, turn, isReady, connection } = useServices();
  const [stop, setStop] = useState(lastOpened);
  const sought = query.get("q") ?? "";
  const healthList = query.get("health") ?? "";
  const order: Order = Object.keys(ORDERS).find((one): one is Order => one === query.get("order")) ?? "trouble";
  const density: Density = Object.keys(DENSITIES).find((one): one is Density => one === query.get("density")) ?? "auto";
  const healths = useMemo(
    () => new Set(SERVICE_HEALTHS.filter((health) => healthList.split(",").includes(health))),
    [healthList],
  );
  const [wanted, newestCounts] = useMemo(() => {
    const arranged = arrange(services.values(), { sought, healths, order });
    return [arranged.map(({ service_name: name }) => name), countHealths(services.values())] as const;
  }, [turn, sought, healths, order]);
  const then = asOf(connection);
  const counts = useSteady(newestCounts, JSON.stringify(newestCounts), `${isReady} ${then}`);
  const total = SERVICE_HEALTHS.reduce((sum, health) => sum + counts[health], 0);
  const wish = `${sought} ${healthList} ${order} ${isReady}`;
  const { names, isHeld, sortNow, listeners } = useSteadyOrder(wanted, wish, (name) => services.has(name));
  const { count, end } = useGrowingList(names.length, wish);
  const isCompact = density === "compact" || (density === "auto" && names.length > LARGE_UP_TO);
  const stopName = stop !== undefined && names.includes(stop) ? stop : names[0];

  return (
    <>
      <Masthead connection={connection}>{services.size > 0 && <WallTools {...{ sought, order }} />}</Masthead>
      <main id="main">
        <Banner connection={connection} />
        {!isReady && WAITING[connection.state] !== undefined && <p class="waiting">{WAITING[connection.state]}</p>}
        {isReady && services.size === 0 && connection.state === "live" && <EmptyWall />}
        {services.size > 0 && (
          <>
            <div role="status">
              <h1 class="verdict">{verdictOf(counts, total, then)}</h1>
            </div>
            <OwnState connection={connection} />
            <HealthFilter counts={counts} total={total} healths={healths} />
            {names.length === 0 && <p class="nothing">No service matches.</p>}
            <div class="wall-key">
              <span>
                {!isCompact && "Curve: p95 of the last hour, from 0 to the figure beside it. "}
                Bar: the last 24 hours, higher where a service was not well.
              </span>
              <button type="button" class="button small" disabled={!isHeld} onClick={sortNow}>
                Sort again
              </button>
              <Select id="density" label="Size of tiles" options={DENSITIES} value={density} absent="auto" />
            </div>
            <ul
              id="wall"
              aria-label="Services"
              class={isCompact ? "compact" : ""}
              {...listeners}
              onKeyDown={moveFocus}
              onFocusIn={(event) => {
                listeners.onFocusIn();
                const name = (event.target as Element).closest("li")?.dataset.service;
                if (name === undefined) return;
                lastOpened = name;
                setStop(name);
              }}
            >
              {names.slice(0, count).map((name, i) => (
                <li key={name} data-service={name} aria-setsize={names.length} aria-posinset={i + 1}>
                  <Tile service={services.get(name) as ServiceView} isStop={name === stopName} isCompact={isCompact} />
                </li>
              ))}
            </ul>
            <div ref={end} />
          </>
        )}
      </main>
    </>
  );
}
