import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

const setters = new WeakMap<Element, (isVisible: boolean) => void>();
/** Reports an element a little before it comes into view, so that it is complete by then. */
const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) setters.get(target)?.(isIntersecting);
  },
  { rootMargin: "120px" },
);

/** Whether an element is in view, or nearly. */
export function useVisible(ref: RefObject<Element | null>): boolean {
  const [isVisible, setVisible] = useState(false);
  useEffect(() => {
    const element = ref.current;
    if (element === null) return;
    setters.set(element, setVisible);
    observer.observe(element);
    return () => observer.unobserve(element);
  }, [ref]);
  return isVisible;
}
