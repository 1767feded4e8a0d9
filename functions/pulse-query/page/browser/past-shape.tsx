import { memo } from "./memo.ts";
import { type Shares, STATES, type State } from "./past.ts";

/** Of a cell, in the units of the picture. */
const SLOT = 10;
const WIDTH = 8.5;
/** Trouble stands on a strip that shows how the rest of the time was: it is seen by its height, and not only by its colour. */
const HEIGHT = 100;
const STRIP = 30;
/** The least height of trouble, however short it was. */
const LEAST = 14;

const TROUBLE = ["down", "late", "degraded"] as const;
const CALM = ["up", "maintenance", "unknown"] as const;

/** The past as a row of cells, oldest first. The words are those of who shows it. */
export const PastShape = memo(({ cells }: { cells: readonly { shares: Shares }[] }) => {
  const paths = pathsOf(cells);
  return (
    <svg
      class="past-shape"
      viewBox={`0 0 ${cells.length * SLOT} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {STATES.map((state) => paths[state] !== "" && <path key={state} class={state} d={paths[state]} />)}
    </svg>
  );
});

function pathsOf(cells: readonly { shares: Shares }[]): Record<State, string> {
  const paths = Object.fromEntries(STATES.map((state) => [state, ""])) as Record<State, string>;
  for (const [i, { shares }] of cells.entries()) {
    const left = i * SLOT;
    const calm = CALM.reduce((sum, state) => sum + (shares[state] ?? 0), 0);
    let x = left;
    for (const state of CALM) {
      const width = calm === 0 ? 0 : (WIDTH * (shares[state] ?? 0)) / calm;
      if (width > 0) paths[state] += stripOf(state, x, width);
      x += width;
    }
    const shown = TROUBLE.filter((state) => (shares[state] ?? 0) > 0);
    const room = HEIGHT - STRIP;
    // Where there was nothing else, the worst stands on the ground.
    let bottom = calm === 0 ? HEIGHT : room;
    for (const state of shown) {
      const height = Math.min(room, Math.max(LEAST, room * (shares[state] ?? 0)));
      const top = Math.max(0, Math.min(bottom, room) - height);
      paths[state] += rectangle(left, top, WIDTH, bottom - top);
      bottom = top;
    }
  }
  return paths;
}

/** Maintenance is two lines, and what is unknown one: neither looks like being up. */
function stripOf(state: State, x: number, width: number): string {
  const top = HEIGHT - STRIP;
  if (state === "up") return rectangle(x, top, width, STRIP);
  const line = (y: number) => rectangle(x, y, width, STRIP / 4);
  return state === "unknown" ? line(HEIGHT - STRIP / 4) : line(top) + line(top + STRIP / 2);
}

function rectangle(x: number, y: number, width: number, height: number): string {
  return `M${Number(x.toFixed(2))} ${Number(y.toFixed(1))}h${Number(width.toFixed(2))}v${Number(height.toFixed(1))}h-${Number(width.toFixed(2))}z`;
}
