import type { ServiceHealth } from "../../../../events/service-health.ts";

/** The narrowest part of a bar, so that one service among thousands still shows. */
const MIN_SHARE = 1 / 150;

interface SharesProperties {
  parts: readonly { name: string | null; health: ServiceHealth; count: number }[];
  total: number;
}

/** A bar whose parts are as wide as their counts. The words stand below it. */
export function Shares({ parts, total }: SharesProperties) {
  return (
    <div class="shares" aria-hidden="true">
      {parts.map(
        ({ name, health, count }) =>
          count > 0 && <span key={name} class={health} style={{ flexGrow: Math.max(count, total * MIN_SHARE) }} />,
      )}
    </div>
  );
}
