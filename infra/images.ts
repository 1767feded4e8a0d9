import { IMAGES } from "./versions.ts";

/** The name of a pinned image, in the mirror `registry` if one is given. */
export function imageOf(name: keyof typeof IMAGES, registry: string | undefined): string {
  return registry === undefined ? IMAGES[name] : `${registry}/${IMAGES[name]}`;
}
