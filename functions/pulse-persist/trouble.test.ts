// pulse-persist while its store is away, busy or full.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { PULSES_TYPE as MANY } from "../../events/cloud-event.ts";
import { isRetryable } from "../../events/delivery-rules.ts";
import type { Pulse } from "../../events/pulse.ts";
import { DAY_MS } from "../../events/time.ts";
import type { WriteOutcome } from "../../storage/ports.ts";
import { openFunctionHost } from "../testing/function-host.ts";
import { PULSE_DATA as DATA, postEvent } from "../testing/post-event.ts";
import { compose } from "./compose.ts";
import { createPersist } from "./handler.ts";
import { PersistMetrics } from "./persist-metrics.ts";

describe("pulse-persist with a store in trouble", () => {
  /** A store that gives the outcomes of a real store in trouble, or throws. */
  async function openTroubled(queuedRows: number, outcome: WriteOutcome | Error) {
    const written: Pulse[] = [];
    const troubled = await openFunctionHost(({ registry }) =>
      createPersist({
        store: {
          queuedRows,
          write: async (pulses) => {
            written.push(...pulses);
            if (outcome instanceof Error) throw outcome;
            return outcome;
          },
          check: () =>
            Promise.reject(new Error("Expected the schema at version 2, got 1: run npm run schema -- apply")),
          close: async () => {},
        },
        metrics: new PersistMetrics([registry]),
        retentionMs: DAY_MS,
        maxPulses: 10,
        maxQueuedRows: 100,
      }),
    );
    return { troubled, written };
  }

  it("answers 503 with Retry-After for a write to try again, and is not ready", async () => {
    const { troubled } = await openTroubled(0, { kind: "retry", reason: "The disk is full.", retryAfterMs: 2500 });
    const response = await postEvent(troubled.url, {}, DATA);
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "3"]);
    expect(troubled.lines.at(-1)).toMatchObject({
      level: 40,
      status: 503,
      detail: "The disk is full.",
      source: "/shop",
    });
    const ready = await fetch(`${troubled.url}/health/ready`);
    expect([ready.status, await ready.text()]).toEqual([503, expect.stringContaining("npm run schema -- apply")]);
    await troubled.close();
  });

  it("answers 500 where the store throws, which brokers repeat, and logs a defect", async () => {
    const { troubled } = await openTroubled(0, new TypeError("undefined is not iterable"));
    const { status } = await postEvent(troubled.url, {}, DATA);
    expect([status, isRetryable(status)]).toEqual([500, true]);
    const err = expect.objectContaining({ message: "undefined is not iterable" });
    const line = { level: 50, msg: "a request failed: this is a defect", err };
    expect(troubled.lines).toContainEqual(expect.objectContaining(line));
    await troubled.close();
  });

  it("says in its log what its answer has no room for", async () => {
    const long = "a reason; ".repeat(100);
    const { troubled } = await openTroubled(0, { kind: "rejected", reason: long });
    const rejected = await postEvent(troubled.url, {}, DATA);
    expect([rejected.status, (await rejected.text()).length < 700]).toEqual([400, true]);
    expect(troubled.lines.at(-1)).toMatchObject({ status: 400, detail: long, source: "/shop" });
    const bad = { latency_ms: "1", status: false, id: 1, metadata: 1, event_time: "now", service_name: "" };
    const pulses = [bad, { ...bad, extra: 1, metadata: { a: 1, "": "b" } }];
    const invalid = await postEvent(troubled.url, { type: MANY }, { pulses });
    const { errors } = (await invalid.json()) as { errors: unknown[] };
    expect(errors.length).toBeLessThan(9);
    const line = troubled.lines.at(-1) as { faults: number; rules: string[] };
    expect([line.faults, line.rules.length]).toEqual([14, 9]);
    await troubled.close();
  });

  it("answers 429 when too many rows wait, without writing", async () => {
    const { troubled, written } = await openTroubled(101, { kind: "stored" });
    const response = await postEvent(troubled.url, {}, DATA);
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, "1"]);
    expect(written).toEqual([]);
    await troubled.close();
  });
});

describe("pulse-persist with a full store", () => {
  it("stays ready, and says at its readiness that nothing is stored and why", async () => {
    const folder = mkdtempSync(join(tmpdir(), "pulse-persist-full-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const MIB = 1024 * 1024;
    const full = await openFunctionHost(compose, { PULSE_DATA_DIR: folder, PULSE_STORE_MAX_BYTES: String(MIB) });
    onTestFinished(full.close);
    const ready = async () => {
      const answer = await fetch(`${full.url}/health/ready`);
      return [answer.status, await answer.text()];
    };
    expect(await ready()).toEqual([200, "OK"]);
    const note = "x".repeat(1000);
    const metadata = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`note-${i}`, note]));
    let answer: Response;
    let id = 0;
    do answer = await postEvent(full.url, { id: `large-${++id}` }, { ...DATA, metadata });
    while (answer.status === 204 && id < 100);
    expect(answer.status).toBe(503);
    const trouble = [
      200,
      "OK\nPulses are not stored: The store is full: raise PULSE_STORE_MAX_BYTES, free space on the disk, or shorten PULSE_RETENTION_DAYS",
    ];
    expect(await ready()).toEqual(trouble);
    // A smaller one finds room, which says nothing of those that do not.
    expect((await postEvent(full.url, { id: "small" }, DATA)).status).toBe(204);
    expect(await ready()).toEqual(trouble);
    // Nor does a larger one without a pulse, which needs no store.
    const empty = { pulses: [], note: "x".repeat(100_000) };
    expect((await postEvent(full.url, { id: "empty", type: MANY }, empty)).status).toBe(204);
    expect(await ready()).toEqual(trouble);
  });
});
