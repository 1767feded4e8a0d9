// Dead letters to keep.
import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { DeadLetter, DeadLetterStore } from "../ports.ts";
import { START } from "./pulses.ts";

/** A dead letter with a new identity. */
export function deadLetterOf(fields: Partial<DeadLetter> = {}): DeadLetter {
  const id = fields.id ?? randomUUID();
  return {
    id,
    event: {
      id,
      source: "/checkout",
      type: "dev.pulsemesh.pulse.v1",
      time: "2026-01-02T03:04:05.678Z",
      subject: "checkout",
      datacontenttype: "application/json",
      extensions: { partitionkey: "checkout", knativeerrorcode: "400" },
      data: { kind: "bytes", bytes: Buffer.from('{"latency_ms":-1}') },
    },
    reason: "rejected",
    destination: "http://pulse-persist.default.svc.cluster.local/",
    code: 400,
    detail: "Expected milliseconds",
    time: START,
    ...fields,
  };
}

/** Dead letters of one reason, each so much later than the one before. */
export function seriesOf(count: number, reason: string, stepMs = 1): DeadLetter[] {
  return Array.from({ length: count }, (_, i) => deadLetterOf({ reason, time: START + i * stepMs }));
}

export async function put(store: DeadLetterStore, deadLetter: DeadLetter): Promise<void> {
  expect(await store.put(deadLetter)).toEqual({ kind: "stored" });
}
