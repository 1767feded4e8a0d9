import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { PULSE_TYPE } from "../events/cloud-event.ts";
import { eventOfOne } from "../events/pulse-event.ts";
import { openBrokerClient } from "./broker-client.ts";
import { openBrokerToken } from "./broker-token.ts";
import { createLogger } from "./log.ts";
import { openBroker } from "./testing/broker.ts";
import { pulse } from "./testing/pulse.ts";

const log = createLogger("silent", "test");

function makeFile(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "pulsemesh-broker-token-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "token");
  writeFileSync(file, text);
  return file;
}

it("each event carries the token that the file has at the time", async () => {
  const broker = await openBroker();
  onTestFinished(broker.close);
  const file = makeFile("first\n");
  const authorization = openBrokerToken(file, log, 0);
  const url = new URL(broker.url);
  const client = openBrokerClient({ url, connections: 1, authorization, deadlineMs: 60_000, log });
  onTestFinished(() => client.close());
  await client.send(eventOfOne(pulse("checkout")));
  writeFileSync(file, "second\n");
  await client.send(eventOfOne(pulse("checkout")));
  expect(broker.received.map(({ headers }) => [headers["ce-type"], headers.authorization])).toEqual([
    [PULSE_TYPE, "Bearer first"],
    [PULSE_TYPE, "Bearer second"],
  ]);
});

it("a file that has gone leaves the former token", () => {
  const file = makeFile("first");
  const authorization = openBrokerToken(file, log, 0);
  rmSync(file);
  expect(authorization()).toBe("Bearer first");
});

it("a file that is not there at the start is named with its setting", () => {
  expect(() => openBrokerToken("/nowhere/token", log)).toThrow(
    "PULSE_SINK_TOKEN_FILE: Expected a file that can be read, got /nowhere/token: there is none",
  );
});
