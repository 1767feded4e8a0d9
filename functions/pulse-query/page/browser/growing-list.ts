import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

/** Items that are drawn at first and added when the end comes near, so that thousands are filtered and sorted at once. */
const STEP = 240;

/** How many items of a long list to draw. `end` belongs after the last one. Another `key` starts over. */
export function useGrowingList(length: number, key: string): { count: number; end: RefObject<HTMLDivElement | null> } {
  const end = useRef<HTMLDivElement>(null);
  const [grown, setGrown] = useState({ key, count: STEP });
  const count = grown.key === key ? grown.count : STEP;
  // An observer reports only crossings, so each step takes a new observer.
  useEffect(() => {
    const element = end.current;
    if (element === null || count >= length) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) setGrown({ key, count: count + STEP });
      },
      { rootMargin: "1200px" },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [count, length, key]);
  return { count: Math.min(count, length), end };
}
