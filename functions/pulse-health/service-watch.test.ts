import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { CELL_MS, HealthCells } from "../../health/cell.ts";
import { START } from "../../storage/testing/pulses.ts";
import { ServiceWatch } from "./service-watch.ts";

/** Rounds in which the cells of four minutes come, and some are forgotten. */
const ROUNDS = 40;
const SERVICES = 500;

/** Watches a service with a pulse in each cell. */
function watchOf(i: number): ServiceWatch {
  const watch = new ServiceWatch(`service-${i}`, undefined);
  for (let round = 0; round < ROUNDS; round++) {
    const from = START + round * CELL_MS;
    const to = from + CELL_MS;
    const time = from + ((i * 31 + round * 17) % 200);
    const cells = new HealthCells();
    cells.add(time, Buffer.from(i % 5 === 0 ? "503" : "ok").toString());
    watch.take({ from: round === 0 ? Number.NEGATIVE_INFINITY : from, to, cells: cells.list() });
    watch.settledUntil = from - 12 * CELL_MS;
    watch.noteLook(time, to);
    watch.judge(to, {}, []);
    watch.noteKept(watch.change(false) ?? {}, to);
  }
  return watch;
}

it("what is known of a service with a pulse every ten seconds takes less than 9 kB", () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  const used = () => {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  // What is compiled and shared is there before.
  const watches = [watchOf(0), watchOf(1)];
  const before = used();
  for (let i = 2; i < SERVICES; i++) watches.push(watchOf(i));
  const bytes = (used() - before) / (watches.length - 2);
  expect(watches.filter(({ current }) => current?.health === "down")).toHaveLength(SERVICES / 5);
  expect(bytes).toBeGreaterThan(1000);
  expect(bytes).toBeLessThan(9000);
});
