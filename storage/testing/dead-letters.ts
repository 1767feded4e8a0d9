// Dead letters to keep.
import { randomUUID } from "node:crypto";
import type { DeadLetter } from "../ports.ts";
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
