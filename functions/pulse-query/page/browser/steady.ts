// The wall moves only when nobody looks at a tile.
import { useEffect, useReducer, useRef } from "preact/hooks";

/** A resting pointer, or a tile that has the focus, holds the order no longer than this. */
const READING_MS = 60_000;
/** What holds it after the pointer has left, and after a scroll. */
const LEAVING_MS = 2000;
const SCROLLING_MS = 10_000;
/** Orders by latency or silence change with each pulse. */
const ORDER_MS = 10_000;
/** A headline stands so long, unless what it says is of another time. */
const HEADLINE_MS = 3000;

function useRedraw(): () => void {
  const [, redraw] = useReducer<number, undefined>((count) => count + 1, 0);
  return () => redraw(undefined);
}

/** Redraws once at a time (epoch ms), while there is one. */
function useRedrawAt(time: number | undefined): void {
  const redraw = useRedraw();
  useEffect(() => {
    if (time === undefined) return;
    const timer = setTimeout(redraw, Math.max(0, time - Date.now()));
    return () => clearTimeout(timer);
  }, [time]);
}

/** An order of names that changes only at calm moments. */
export interface SteadyOrder {
  names: readonly string[];
  /** Whether another order waits. */
  isHeld: boolean;
  /** Puts them in order now. */
  sortNow(): void;
  /** For the element that shows them. */
  listeners: Record<"onPointerMove" | "onPointerLeave" | "onKeyDownCapture" | "onFocusIn", () => void>;
}

/**
 * Keeps names where they are while somebody reads them. What is new comes last, and what is gone goes.
 * @param key another one is the reader's wish for another order
 */
export function useSteadyOrder(wanted: readonly string[], key: string, exists: (name: string) => boolean): SteadyOrder {
  const redraw = useRedraw();
  const busyUntil = useRef(0);
  const kept = useRef<{ key: string; names: readonly string[]; sortedAt: number } | undefined>(undefined);
  useEffect(() => {
    const onScroll = () => {
      busyUntil.current = Math.max(busyUntil.current, Date.now() + SCROLLING_MS);
    };
    addEventListener("scroll", onScroll, { passive: true });
    return () => removeEventListener("scroll", onScroll);
  }, []);

  const now = Date.now();
  const before = kept.current;
  const calmAt = Math.max(busyUntil.current, (before?.sortedAt ?? 0) + ORDER_MS);
  let isHeld = false;
  if (before === undefined || before.key !== key) kept.current = { key, names: wanted, sortedAt: 0 };
  else if (!isSame(before.names, wanted)) {
    isHeld = now < calmAt;
    if (isHeld) {
      const there = new Set(before.names);
      const names = [...before.names.filter(exists), ...wanted.filter((name) => !there.has(name))];
      kept.current = { ...before, names };
    } else kept.current = { key, names: wanted, sortedAt: now };
  }
  useRedrawAt(isHeld ? calmAt : undefined);
  const hold = () => {
    busyUntil.current = Date.now() + READING_MS;
  };
  return {
    names: (kept.current as { names: readonly string[] }).names,
    isHeld,
    sortNow() {
      kept.current = undefined;
      redraw();
    },
    listeners: {
      onPointerMove: hold,
      onKeyDownCapture: hold,
      onFocusIn: hold,
      onPointerLeave() {
        busyUntil.current = Math.min(busyUntil.current, Date.now() + LEAVING_MS);
        redraw();
      },
    },
  };
}

/** A value that stays for a moment before the next one takes its place, at once where `key` is another. */
export function useSteady<T>(value: T, words: string, key: string): T {
  const shown = useRef<{ value: T; words: string; key: string; at: number } | undefined>(undefined);
  const before = shown.current;
  const now = Date.now();
  const isDue = before === undefined || before.key !== key || now - before.at >= HEADLINE_MS;
  if (isDue && (before?.words !== words || before.key !== key)) shown.current = { value, words, key, at: now };
  const current = shown.current as { value: T; words: string; at: number };
  useRedrawAt(current.words === words ? undefined : current.at + HEADLINE_MS);
  return current.value;
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i]);
}
