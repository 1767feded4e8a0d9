import { type Cell, STATES } from "./past.ts";
import { PastShape } from "./past-shape.tsx";

/** What the looks of a bar's cells mean: those that occur. */
export function PastLegend({ cells }: { cells: readonly Cell[] }) {
  const found = STATES.filter((state) => cells.some(({ shares }) => shares[state] !== undefined));
  return (
    <ul class="legend">
      {found.map((state) => (
        <li key={state}>
          <PastShape cells={[{ shares: { [state]: 1 } }]} />
          {state === "maintenance" ? "in maintenance" : state}
        </li>
      ))}
    </ul>
  );
}
