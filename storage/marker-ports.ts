// What changed with services, such as deploys: what charts mark.
import type { Span } from "./span.ts";

/** A moment at which something changed. */
export interface Marker {
  service: string;
  /** Of the service's markers. */
  id: string;
  /** Epoch ms. */
  time: number;
  text: string;
  link: string | undefined;
}

/** So many markers of a service are kept, the newest. */
export const MAX_MARKERS = 500;

/** Keeps markers of services, whether they have pulsed or not. All of a service goes with `forget`, and old ones when the history does. */
export interface MarkerStore {
  /** Those of a service in a span, oldest first. */
  list(service: string, span: Span): Promise<Marker[]>;
  /** The one with an id. */
  get(service: string, id: string): Promise<Marker | undefined>;
  /** In place of the one with its id. @returns false when the store does not take it at the moment */
  put(marker: Marker): Promise<boolean>;
}
