// The small bars of the wall: how services were in the last 24 hours.
import { readHistories } from "./api.ts";
import { gathering } from "./gathering.ts";
import { edgesOf, type Shares, STATES } from "./past.ts";

const STEP_MS = 60_000;

/** A service's last 24 hours. */
export interface SmallPast {
  cells: readonly { shares: Shares }[];
  /** `null` where nothing is known. */
  uptime: number | null;
}

/** The past of a service, read again each minute while the service is in view. */
export const useSmallPast = gathering<SmallPast>({
  stepMs: STEP_MS,
  async read(services) {
    const edges = edgesOf("24h", Date.now());
    const buckets = edges.length - 1;
    const { histories } = await readHistories(services, {
      from: edges[0] as number,
      to: edges[buckets] as number,
      buckets,
    });
    return histories.map(({ service_name: service, uptime, ...seconds }) => {
      const cells = Array.from({ length: buckets }, (_, i) => {
        const lasted = STATES.map((state) => [state, seconds[`${state}_s`]?.[i] ?? 0] as const);
        const total = lasted.reduce((sum, [, one]) => sum + one, 0);
        const known = lasted.filter(([, one]) => one > 0);
        return { shares: Object.fromEntries(known.map(([state, one]) => [state, one / total])) };
      });
      return [service, { cells, uptime }] as const;
    });
  },
});
