import { useRef } from "preact/hooks";
import type { ServiceView } from "../../answers.ts";
import { useNow } from "./clock.ts";
import { formatAge, formatLatency } from "./format.ts";
import { Glyph } from "./glyph.tsx";
import { memo } from "./memo.ts";
import { hrefOfService } from "./page-view.ts";
import { Sparkline } from "./sparkline.tsx";
import { useTrend } from "./trends.ts";
import { useVisible } from "./visibility.ts";

/** One service on the wall: a link to its page. Only one tile of the wall is a stop of the Tab key. */
export const Tile = memo(({ service, isStop }: { service: ServiceView; isStop: boolean }) => {
  const link = useRef<HTMLAnchorElement>(null);
  const isVisible = useVisible(link);
  const now = useNow(isVisible);
  const trend = useTrend(service.service_name, isVisible);
  const { service_name: name, health, latency_ms: latency, status } = service;
  return (
    <a class={`tile ${health}`} href={hrefOfService(name)} ref={link} tabIndex={isStop ? 0 : -1}>
      <span class="tile-name">
        <Beat health={health} pulse={service.event_time} isVisible={isVisible} />
        <span class="name">{name}</span>
        <span class={health === "up" ? "unseen" : `word ${health}`}>{health}</span>
      </span>
      <Sparkline trend={trend} />
      <span class="tile-facts">
        <span class="latency">{formatLatency(latency)}</span>
        <span class="status">{status}</span>
        <span class="seen">{formatAge(service.last_seen, now)}</span>
      </span>
    </a>
  );
});

/** The glyph. While its tile is in view, each new pulse sends out a ring. */
function Beat({ health, pulse, isVisible }: { health: ServiceView["health"]; pulse: string; isVisible: boolean }) {
  const first = useRef(pulse);
  const isNew = isVisible && pulse !== first.current;
  // Another key makes another ring, whose animation starts from the beginning.
  return (
    <span class="beat">
      <Glyph health={health} />
      {isNew && <span key={pulse} class={`ring ${health}`} />}
    </span>
  );
}
