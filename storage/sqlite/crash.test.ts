import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import { DAY_MS } from "../../events/time.ts";
import { START } from "../testing/pulses.ts";
import { latestOf, scanChunks } from "../testing/read-back.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { openSqlitePulseStore } from "./pulse-store.ts";

it("has every pulse on disk for which a killed process had an answer", async () => {
  const options = { file: join(temporaryFolder(), "pulses.db"), maxBytes: 256 * 1024 * 1024, retentionMs: 30 * DAY_MS };
  const script = `
    import { writeSync } from "node:fs";
    import { openSqlitePulseStore } from ${JSON.stringify(new URL("pulse-store.ts", import.meta.url).href)};
    const store = openSqlitePulseStore(${JSON.stringify(options)});
    const write = async (writer, turn) => {
      const pulses = Array.from({ length: 5 }, (_, i) => ({ service_name: "checkout", event_time: ${START} + turn,
        latency_ms: 1, status: "ok", id: writer + "/" + turn + "/" + i, source: "/pulse" }));
      const outcome = await store.write(pulses);
      if (outcome.kind === "stored") writeSync(1, writer + "/" + turn + "\\n");
      await write(writer, turn + 1);
    };
    for (let writer = 0; writer < 8; writer++) void write(writer, 0);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exit = once(child, "exit");
  const answered: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    answered.push(line);
    if (answered.length === 400) child.kill("SIGKILL");
  }
  expect(await exit).toEqual([null, "SIGKILL"]);
  const store = openSqlitePulseStore(options);
  const ids = new Set((await scanChunks(store, "checkout")).flat().map((pulse) => pulse.id));
  const lost = answered.flatMap((write) => [0, 1, 2, 3, 4].map((i) => `${write}/${i}`)).filter((id) => !ids.has(id));
  expect(lost).toEqual([]);
  // A write is stored whole or not at all.
  expect(ids.size % 5).toBe(0);
  expect((await latestOf(store, "checkout"))?.service_name).toBe("checkout");
  await store.close();
});
