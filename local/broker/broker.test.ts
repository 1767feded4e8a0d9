import { DatabaseSync } from "node:sqlite";
import { pino } from "pino";
import { expect, it, vi } from "vitest";
import { openTestBroker, post, triggerOf } from "../testing/broker.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { startBroker } from "./broker.ts";
import { BrokerFileError } from "./broker-schema.ts";
import { TriggerError } from "./trigger-filter.ts";

const logger = pino({ level: "silent" });
const OPTIONS = { port: 0, triggers: [], subscribers: {}, maxBytes: 1e7, logger, quietMs: 0 };

it("two brokers on one file are refused with the remedy", async () => {
  const { file } = await openTestBroker();
  const second = startBroker({ ...OPTIONS, file });
  await expect(second).rejects.toThrow(BrokerFileError);
  await expect(second).rejects.toThrow(/another broker has open: stop that one, or choose another PULSE_DATA_DIR/);
});

it("a file of version 1 is brought up to date and its events are delivered", async () => {
  const { url, broker, subscriber, restart, file } = await openTestBroker({ graceMs: 50 });
  subscriber.answerWith(() => undefined);
  await post(url, "old");
  await broker.close();
  const database = new DatabaseSync(file);
  database.exec(`
    ALTER TABLE queues RENAME TO lanes;
    ALTER TABLE deliveries RENAME COLUMN queue TO lane;
    PRAGMA user_version = 1;`);
  database.close();
  subscriber.received.length = 0;
  await restart();
  await vi.waitFor(() => expect(subscriber.ids()).toEqual(["old"]));
});

it("a file of another version is refused with the remedy", async () => {
  const file = `${temporaryFolder()}/broker.db`;
  const database = new DatabaseSync(file);
  database.exec("PRAGMA user_version = 7");
  database.close();
  const broker = startBroker({ ...OPTIONS, file });
  await expect(broker).rejects.toThrow(/Expected a file of version 2, got version 7: .*move it away/);
});

it.each([
  [
    "an unknown subscriber",
    triggerOf(),
    /Trigger t: subscriber: Expected one of the subscribers \(none\), got "target"/,
  ],
  ["a relative URL", triggerOf({}, { subscriber: { uri: "/x" } }), /Trigger t: subscriber: Expected an absolute URL/],
])("a Trigger with %s is refused at start", async (_name, trigger, message) => {
  const file = `${temporaryFolder()}/broker.db`;
  const broker = startBroker({ ...OPTIONS, file, triggers: [trigger] });
  await expect(broker).rejects.toThrow(TriggerError);
  await expect(broker).rejects.toThrow(message);
});

it("a port in use is an error that closes the file", async () => {
  const { broker, file } = await openTestBroker();
  const options = { ...OPTIONS, file: `${file}.other` };
  await expect(startBroker({ ...options, port: broker.port })).rejects.toThrow("EADDRINUSE");
  const second = await startBroker(options);
  await second.close();
});
