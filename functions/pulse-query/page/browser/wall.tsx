import { useMemo, useState } from "preact/hooks";
import { SERVICE_HEALTHS, type ServiceHealth } from "../../../../events/service-health.ts";
import { Banner } from "./banner.tsx";
import { EmptyWall } from "./empty-wall.tsx";
import { formatCount, formatTime } from "./format.ts";
import { moveFocus } from "./grid-keys.ts";
import { useGrowingList } from "./growing-list.ts";
import { HealthFilter } from "./health-filter.tsx";
import type { Connection } from "./live.ts";
import { Masthead } from "./masthead.tsx";
import { changeQuery, type PageView } from "./page-view.ts";
import { useServices } from "./services.ts";
import { Tile } from "./tile.tsx";
import { arrange, countHealths, ORDERS, type Order } from "./wall-order.ts";

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
  const healths = useMemo(
    () => new Set(SERVICE_HEALTHS.filter((health) => healthList.split(",").includes(health))),
    [healthList],
  );
  const [shown, counts] = useMemo(
    () => [arrange(services.values(), { sought, healths, order }), countHealths(services.values())] as const,
    [turn, sought, healths, order],
  );
  const { count, end } = useGrowingList(shown.length, `${sought} ${healthList} ${order}`);
  const stopName = shown.some(({ service_name: name }) => name === stop) ? stop : shown[0]?.service_name;

  return (
    <>
      <Masthead connection={connection}>{services.size > 0 && <WallTools sought={sought} order={order} />}</Masthead>
      <main id="main">
        <Banner connection={connection} />
        {!isReady && WAITING[connection.state] !== undefined && <p class="waiting">{WAITING[connection.state]}</p>}
        {isReady && services.size === 0 && connection.state === "live" && <EmptyWall />}
        {services.size > 0 && (
          <>
            <div role="status">
              <h1 class="verdict">{verdictOf(counts, services.size, asOf(connection))}</h1>
            </div>
            <HealthFilter counts={counts} total={services.size} healths={healths} />
            {shown.length === 0 && <p class="nothing">No service matches.</p>}
            <ul
              id="wall"
              aria-label="Services"
              class={shown.length > 400 ? "dense" : ""}
              onKeyDown={moveFocus}
              onFocusIn={(event) => {
                const name = (event.target as Element).closest("li")?.dataset.service;
                if (name === undefined) return;
                lastOpened = name;
                setStop(name);
              }}
            >
              {shown.slice(0, count).map((service, i) => (
                <li
                  key={service.service_name}
                  data-service={service.service_name}
                  aria-setsize={shown.length}
                  aria-posinset={i + 1}
                >
                  <Tile service={service} isStop={service.service_name === stopName} />
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

/** The search and the order of the wall. */
function WallTools({ sought, order }: { sought: string; order: Order }) {
  return (
    <>
      <label class="field search">
        <span class="unseen">Find a service</span>
        <input
          id="search"
          type="search"
          placeholder="Find a service"
          autocomplete="off"
          aria-keyshortcuts="/"
          value={sought}
          onInput={(event) => changeQuery({ q: event.currentTarget.value })}
        />
        <span class="key" aria-hidden="true">
          /
        </span>
      </label>
      <label class="field">
        <span class="unseen">Order</span>
        <select
          id="order"
          value={order}
          onChange={(event) => changeQuery({ order: event.currentTarget.value.replace(/^trouble$/, "") })}
        >
          {Object.entries(ORDERS).map(([name, words]) => (
            <option key={name} value={name}>
              {words}
            </option>
          ))}
        </select>
      </label>
    </>
  );
}

/** When the services were last known to be as they are shown, unless that is now. */
function asOf({ state, heardAt, nothingNewSince }: Connection): string | undefined {
  if (nothingNewSince !== undefined) return nothingNewSince;
  return heardAt > 0 && state !== "live" && state !== "waiting" ? new Date(heardAt).toISOString() : undefined;
}

function verdictOf(counts: Readonly<Record<ServiceHealth, number>>, total: number, then: string | undefined): string {
  const when = then === undefined ? "" : ` at ${formatTime(then, Date.now())}`;
  const [is, are] = then === undefined ? ["is", "are"] : ["was", "were"];
  const troubled = total - counts.up;
  if (troubled === 0) {
    return total === 1 ? `The one service ${is} up${when}` : `All ${formatCount(total)} services ${are} up${when}`;
  }
  const parts = SERVICE_HEALTHS.filter((health) => health !== "up" && counts[health] > 0);
  return `${parts.map((health) => `${formatCount(counts[health])} ${health}`).join(", ")} of ${formatCount(total)} services${when}`;
}
