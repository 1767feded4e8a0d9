import { expect, it } from "vitest";
import { cassandraSettings } from "../../settings/cassandra-settings.ts";
import { readSettings } from "../../settings/read.ts";
import { CassandraSession } from "./session.ts";

it("a write that fails by a defect ends with it, and keeps no session open", async () => {
  const settings = readSettings(cassandraSettings, { PULSE_CASSANDRA_CONTACT_POINTS: "127.0.0.1:1" });
  const session = new CassandraSession({ settings });
  const write = session.follow(Promise.reject(new TypeError("a defect")));
  const closed = session.close();
  await expect(write).rejects.toThrow("a defect");
  expect(session.writesUnderWay).toBe(0);
  await closed;
});
