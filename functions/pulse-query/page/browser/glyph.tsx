import type { ServiceHealth } from "../../../../events/service-health.ts";

// Health shows by shape, by colour and by word: never by colour alone.
const SHAPES: Readonly<Record<ServiceHealth, string>> = {
  up: "M8 3.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9z",
  degraded: "M8 2.2L14.4 13.4H1.6z",
  down: "M3 3h10v10H3z",
  late: "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11zM8 4a4 4 0 1 1 0 8a4 4 0 1 1 0-8zM7.3 5.2h1.4v2.6l1.9 1.1l-.7 1.2l-2.6-1.5z",
  unknown: "M8 3a5 5 0 1 0 0 10a5 5 0 1 0 0-10zM8 4.6a3.4 3.4 0 1 1 0 6.8a3.4 3.4 0 1 1 0-6.8z",
};

/** The sign of a health. The word stands beside it. */
export function Glyph({ health }: { health: ServiceHealth }) {
  return (
    <svg class={`glyph ${health}`} viewBox="0 0 16 16" aria-hidden="true">
      <path d={SHAPES[health]} fill-rule="evenodd" />
    </svg>
  );
}

/** A health as sign and word. */
export function HealthWord({ health }: { health: ServiceHealth }) {
  return (
    <span class={`health ${health}`}>
      <Glyph health={health} />
      {health}
    </span>
  );
}
