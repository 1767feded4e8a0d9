import { useState } from "preact/hooks";
import type { Cell } from "./past.ts";
import { PastShape } from "./past-shape.tsx";

interface PastBarProperties {
  label: string;
  /** When it begins, in words. */
  start: string;
  cells: readonly Cell[];
  /** A cell in words. */
  describe(cell: Cell): string;
  /** Called with the cell whose pulses the reader wants to see. */
  onShow(cell: Cell): void;
}

/** How far each key moves, in cells. */
const STEPS: Readonly<Record<string, number>> = {
  ArrowRight: 1,
  ArrowUp: 1,
  ArrowLeft: -1,
  ArrowDown: -1,
  PageUp: 7,
  PageDown: -7,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

/**
 * A service's past as a bar, whose cells a reader goes through with the pointer or the arrow keys. It is a slider: one stop of the Tab
 * key, whose value a screen reader says whenever it changes, and as large as a finger however many cells it has.
 */
export function PastBar({ label, start, cells, describe, onShow }: PastBarProperties) {
  // By its beginning: the cells move on with time.
  const [chosen, setChosen] = useState<number>();
  const [pointed, setPointed] = useState<number>();
  const last = cells.length - 1;
  const found = cells.findIndex(({ from }) => from === chosen);
  const place = found === -1 ? last : found;
  const shown = pointed !== undefined && pointed <= last ? pointed : place;
  const cell = cells[shown] as Cell;
  const at = (event: PointerEvent & { currentTarget: HTMLElement }) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    return Math.max(0, Math.min(last, Math.floor(((event.clientX - left) / width) * cells.length)));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.key === "Enter") onShow(cells[place] as Cell);
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    setPointed(undefined);
    setChosen(cells[Math.max(0, Math.min(last, place + step))]?.from);
  };
  return (
    <>
      <div
        class="past-bar"
        role="slider"
        tabIndex={0}
        aria-label={label}
        aria-valuemin={1}
        aria-valuemax={cells.length}
        aria-valuenow={place + 1}
        aria-valuetext={describe(cells[place] as Cell)}
        onKeyDown={onKeyDown}
        onPointerDown={(event) => setChosen(cells[at(event)]?.from)}
        onPointerMove={(event) => {
          setPointed(at(event));
          // A finger that is drawn over the bar stops at what it wants.
          if (event.buttons > 0) setChosen(cells[at(event)]?.from);
        }}
        onPointerLeave={() => setPointed(undefined)}
      >
        <PastShape cells={cells} />
        <span class="mark" style={{ left: `${(100 * shown) / cells.length}%`, width: `${100 / cells.length}%` }} />
      </div>
      <p class="past-axis">
        <span>{start}</span>
        <span>now</span>
      </p>
      <p class="reading">
        <span>{describe(cell)}</span>
        <button type="button" class="button small" onClick={() => onShow(cell)}>
          Show in the charts
        </button>
      </p>
    </>
  );
}
