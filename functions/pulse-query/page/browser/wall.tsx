import { useMemo, useRef, useState } from "preact/hooks";
import { SERVICE_HEALTHS, type ServiceHealth } from "../../../../events/service-health.ts";
import type { ServiceView } from "../../answers.ts";
import { EmptyWall } from "./empty-wall.tsx";
import { formatCount } from "./format.ts";
import { Glyph } from "./glyph.tsx";
import { moveFocus } from "./grid-keys.ts";
import { useGrowingList } from "./growing-list.ts";
import { useLive } from "./live.ts";
import { Masthead } from "./masthead.tsx";
import { changeQuery, type PageView } from "./page-view.ts";
import { Tile } from "./tile.tsx";
import { arrange, countHealths, ORDERS, type Order } from "./wall-order.ts";

/** The services that came over the stream last; they stay while another view is shown. */
const services = new Map<string, ServiceView>();
/** The one that was opened last: there the reader comes back to. */
let lastOpened: string | undefined;

/** All services, the live wall. */
export function Wall({ query }: { query: PageView["query"] }) {
  const [turn, setTurn] = useState(0);
  const [isReady, setReady] = useState(services.size > 0);
  const [stop, setStop] = useState(lastOpened);
  const snapshot = useRef<Set<string> | undefined>(undefined);
  const isDrawing = useRef(false);
  // A snapshot of 2,000 services is drawn once.
  const drawSoon = () => {
    if (isDrawing.current) return;
    isDrawing.current = true;
    requestAnimationFrame(() => {
      isDrawing.current = false;
      setTurn((before) => before + 1);
    });
  };
  const connection = useLive(undefined, ["pulse", "gone"], {
    onOpen() {
      snapshot.current = new Set();
    },
    onEvent(name, data) {
      const service = data as ServiceView;
      if (name === "gone") services.delete(service.service_name);
      else {
        services.set(service.service_name, service);
        snapshot.current?.add(service.service_name);
      }
      if (snapshot.current === undefined) drawSoon();
    },
    onReady() {
      for (const service of services.keys()) if (snapshot.current?.has(service) === false) services.delete(service);
      snapshot.current = undefined;
      setReady(true);
      drawSoon();
    },
  });

  const sought = query.get("q") ?? "";
  const healthList = query.get("health") ?? "";
  const order: Order = Object.keys(ORDERS).find((one): one is Order => one === query.get("order")) ?? "trouble";
  const healths = useMemo(
    () => new Set(SERVICE_HEALTHS.filter((health) => healthList.split(",").includes(health))),
    [healthList],
  );
  // The map is changed in place, `turn` says when
  const [shown, counts] = useMemo(
    () => [arrange(services.values(), { sought, healths, order }), countHealths(services.values())] as const,
    [turn, sought, healths, order],
  );
  const { count, end } = useGrowingList(shown.length, `${sought} ${healthList} ${order}`);
  const stopName = shown.some(({ service_name: name }) => name === stop) ? stop : shown[0]?.service_name;

  return (
    <>
      <Masthead connection={connection}>
        {services.size > 0 && (
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
        )}
      </Masthead>
      <main id="main">
        {!isReady && <p class="waiting">Asking for the services…</p>}
        {isReady && services.size === 0 && <EmptyWall />}
        {services.size > 0 && (
          <>
            <div role="status">
              <h1 class="verdict">{verdictOf(counts, services.size)}</h1>
            </div>
            <HealthFilter counts={counts} total={services.size} healths={healths} />
            {shown.length === 0 && <p class="nothing">No service matches.</p>}
            <ul
              id="wall"
              aria-label="Services"
              class={shown.length > 400 ? "dense" : ""}
              onKeyDown={(event) => moveFocus(event)}
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

function verdictOf(counts: Record<ServiceHealth, number>, total: number): string {
  const troubled = total - counts.up;
  if (troubled === 0) return total === 1 ? "The one service is up" : `All ${formatCount(total)} services are up`;
  const parts = SERVICE_HEALTHS.filter((health) => health !== "up" && counts[health] > 0);
  return `${parts.map((health) => `${formatCount(counts[health])} ${health}`).join(", ")} of ${formatCount(total)} services`;
}

interface HealthFilterProperties {
  counts: Record<ServiceHealth, number>;
  total: number;
  healths: ReadonlySet<ServiceHealth>;
}

/** How many services are of which health; a press shows only those. */
function HealthFilter({ counts, total, healths }: HealthFilterProperties) {
  const toggle = (health: ServiceHealth) => {
    const next = new Set(healths);
    if (!next.delete(health)) next.add(health);
    changeQuery({ health: [...next].join(",") });
  };
  return (
    <div class="healths">
      <div class="shares" aria-hidden="true">
        {SERVICE_HEALTHS.map(
          (health) =>
            counts[health] > 0 && (
              <span key={health} class={health} style={{ flexGrow: Math.max(counts[health], total / 150) }} />
            ),
        )}
      </div>
      <fieldset class="chips">
        <legend class="unseen">Show only</legend>
        {SERVICE_HEALTHS.map((health) => (
          <button
            key={health}
            type="button"
            class={`chip ${health}`}
            aria-pressed={healths.has(health)}
            disabled={counts[health] === 0 && !healths.has(health)}
            onClick={() => toggle(health)}
          >
            <Glyph health={health} />
            <b>{formatCount(counts[health])}</b> {health}
          </button>
        ))}
      </fieldset>
    </div>
  );
}
