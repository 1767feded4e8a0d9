import { SERVICE_HEALTHS, type ServiceHealth } from "../../../../events/service-health.ts";
import { formatCount } from "./format.ts";
import { Glyph } from "./glyph.tsx";
import { changeQuery } from "./page-view.ts";
import { Shares } from "./shares.tsx";

interface HealthFilterProperties {
  counts: Readonly<Record<ServiceHealth, number>>;
  total: number;
  healths: ReadonlySet<ServiceHealth>;
}

/** How many services have each health. A press shows only those services. */
export function HealthFilter({ counts, total, healths }: HealthFilterProperties) {
  const toggle = (health: ServiceHealth) => {
    const next = new Set(healths);
    if (!next.delete(health)) next.add(health);
    changeQuery({ health: [...next].join(",") });
  };
  return (
    <div class="healths">
      <Shares
        parts={SERVICE_HEALTHS.map((health) => ({ name: health, health, count: counts[health] }))}
        total={total}
      />
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
