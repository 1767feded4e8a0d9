import { afterAll, beforeEach } from "vitest";
import { compose } from "../pulse-ingest/compose.ts";
import { openBroker } from "./broker.ts";
import { openFunctionHost } from "./function-host.ts";

/** A broker and a pulse-ingest for all tests of a file; what the broker has received is emptied before each. */
export const broker = await openBroker();
export const host = await openFunctionHost(compose, { K_SINK: broker.url });
afterAll(async () => {
  await host.close();
  await broker.close();
});
beforeEach(() => {
  broker.received.length = 0;
});
