import { MAX_SERVICE_LABELS, OTHER_SERVICES } from "./names.ts";

/** Bounds the values of the label `service`: the first 1,000 services keep their names, all others become `_other`. */
export class ServiceLabels {
  readonly #known = new Set<string>();

  labelOf(service: string): string {
    if (this.#known.has(service)) return service;
    if (this.#known.size >= MAX_SERVICE_LABELS) return OTHER_SERVICES;
    this.#known.add(service);
    return service;
  }
}
