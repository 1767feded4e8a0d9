import { useRef } from "preact/hooks";
import type { ServiceView } from "../../answers.ts";
import { useNow } from "./clock.ts";
import { formatAge, formatDuration, formatLatency } from "./format.ts";
import { Glyph } from "./glyph.tsx";
import { useSmallPast } from "./histories.ts";
import { memo } from "./memo.ts";
import { hrefOfService } from "./page-view.ts";
import { PastShape } from "./past-shape.tsx";
import { formatUptime } from "./past-words.ts";
import { highestOf, Sparkline } from "./sparkline.tsx";
import { useTrend } from "./trends.ts";
import { useVisible } from "./visibility.ts";

interface TileProperties {
  service: ServiceView;
  isStop: boolean;
  /** On one line, without a curve. */
  isCompact: boolean;
}

/** One service on the wall: a link to its page. Only one tile of the wall is a stop of the Tab key. */
export const Tile = memo(({ service, isStop, isCompact }: TileProperties) => {
  const link = useRef<HTMLAnchorElement>(null);
  const isVisible = useVisible(link);
  const { service_name: name, health, latency_ms: latency, status, cause } = service;
  const past = useSmallPast(name, isVisible, service.since ?? "");
  return (
    <a
      class={`tile ${service.in_maintenance ? "planned" : ""} ${health}`}
      href={hrefOfService(name)}
      ref={link}
      tabIndex={isStop ? 0 : -1}
    >
      <span class="tile-name">
        <Beat health={health} pulse={service.event_time} isVisible={isVisible} />
        <span class="name" title={isCompact ? name : undefined}>
          {name}
        </span>
        <span class={health === "up" || isCompact ? "unseen" : `word ${health}`}>
          {health}
          {service.in_maintenance && " in maintenance"}
          {health !== "up" && service.since !== null && <For since={service.since} isVisible={isVisible} />}
        </span>
        {isCompact && <span class="latency">{formatLatency(latency)}</span>}
      </span>
      {!isCompact && <Trend service={name} isVisible={isVisible} />}
      <span class="small-past">
        {past !== undefined && <PastShape cells={past.cells} />}
        <span class="unseen">
          {past !== undefined &&
            (past.uptime === null
              ? "Nothing is known of the last 24 hours."
              : `Up ${formatUptime(past.uptime)} of the last 24 hours.`)}
        </span>
      </span>
      {!isCompact && (
        <span class="tile-facts">
          <span class="latency">{formatLatency(latency)}</span>
          <span class="status">{cause === "" || health === "up" || health === "unknown" ? status : cause}</span>
          <Seen time={service.last_seen} isVisible={isVisible} />
        </span>
      )}
    </a>
  );
});

/** Its curve, and how high that reaches. */
function Trend({ service, isVisible }: { service: string; isVisible: boolean }) {
  const trend = useTrend(service, isVisible);
  const highest = highestOf(trend);
  return (
    <span class="trend">
      <Sparkline trend={trend} highest={highest} />
      {highest > 0 && (
        <span class="scale">
          <span class="unseen">p95 of the last hour at most </span>
          {formatLatency(highest)}
        </span>
      )}
    </span>
  );
}

/** How long the service has been as it is. */
function For({ since, isVisible }: { since: string; isVisible: boolean }) {
  const now = useNow(isVisible);
  return <span class="for"> {formatDuration(Math.max(0, now - Date.parse(since)))}</span>;
}

/** How long ago the service was seen: a clock that redraws nothing else. */
function Seen({ time, isVisible }: { time: string; isVisible: boolean }) {
  return <span class="seen">{formatAge(time, useNow(isVisible))}</span>;
}

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
