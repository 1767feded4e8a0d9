import { IMAGES } from "./versions.ts";

/** A pinned image's name, in a mirror when there is one. */
export function imageOf(name: keyof typeof IMAGES, registry: string | undefined): string {
  return registry === undefined ? IMAGES[name] : `${registry}/${IMAGES[name]}`;
}
