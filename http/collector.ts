import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

export type Collect = (options: { type: "minor" | "major"; flavor?: "regular" | "last-resort" }) => void;

let collect: Collect | undefined;

/** V8's collector, by the way that node documents to reach it without a flag on the command line. */
export function collector(): Collect {
  if (collect === undefined) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as Collect;
  }
  return collect;
}
