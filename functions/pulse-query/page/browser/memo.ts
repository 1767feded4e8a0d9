import { type ComponentChild, type ComponentType, createElement, type FunctionComponent } from "preact";
import { useRef } from "preact/hooks";

/** A component that is drawn again only when one of its properties changes. */
export function memo<P extends object>(component: FunctionComponent<P>): FunctionComponent<P> {
  function Memo(properties: P) {
    const last = useRef<{ properties: P; drawn: ComponentChild } | undefined>(undefined);
    const isSame =
      last.current !== undefined &&
      (Object.keys(properties) as (keyof P)[]).every((name) => last.current?.properties[name] === properties[name]);
    // Preact leaves a node alone that is the same object.
    if (!isSame) last.current = { properties, drawn: createElement(component as ComponentType<P>, properties) };
    return last.current?.drawn ?? null;
  }
  return Memo;
}
