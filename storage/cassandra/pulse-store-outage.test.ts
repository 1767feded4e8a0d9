import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import { STORED } from "../outcome.ts";
import { StoreError } from "../store-error.ts";
import { openTestStore } from "../testing/cassandra-store.ts";
import { describeUnless } from "../testing/describe-unless.ts";
import { openNodeProxy } from "../testing/node-proxy.ts";
import { newService, pulseOf } from "../testing/pulses.ts";
import { readLatest } from "../testing/read-back.ts";
import { skipReason, testSettings } from "../testing/shared-cassandra.ts";

describeUnless(skipReason(), "the Cassandra pulse store", () => {
  const { contactPoints = [] } = testSettings();

  it("starts while Cassandra is away, answers retry, and is ready once it is there", async () => {
    const proxy = await openNodeProxy(contactPoints[0] as string);
    await proxy.cut();
    const store = openTestStore({ contactPoints: [proxy.address], requestTimeoutMs: 5000 });
    await expect(store.check()).rejects.toThrow(
      /Expected Cassandra to be ready, got: No Cassandra node answers .*ECONNREFUSED/,
    );
    expect(await store.write([pulseOf()])).toMatchObject({
      kind: "retry",
      reason: expect.stringContaining("ECONNREFUSED"),
    });
    await expect(readLatest(store)).rejects.toThrow(/Expected Cassandra to be ready/);
    await proxy.open();
    await expect.poll(() => store.check().then(() => "ready", String)).toBe("ready");
    expect(await store.write([pulseOf()])).toEqual(STORED);
  });

  it("says why Cassandra is away: at once, to every write and read, and once as a line; and that it is back", async () => {
    const proxy = await openNodeProxy(contactPoints[0] as string);
    const lines: string[] = [];
    const store = openTestStore(
      { contactPoints: [proxy.address], requestTimeoutMs: 5000 },
      { onLine: (line) => lines.push(line) },
    );
    await store.check();
    await proxy.cut();
    const reasonOfWrite = async () => {
      const outcome = await store.write([pulseOf()]);
      return outcome.kind === "stored" ? "" : outcome.reason;
    };
    // From now on the driver takes its only node for down, and its errors name no cause.
    await expect.poll(reasonOfWrite).toMatch(/No Cassandra node answers \(.*ECONNREFUSED/);
    for (let i = 0; i < 5; i++) expect(await reasonOfWrite()).toMatch(/ECONNREFUSED/);
    await expect(store.check()).rejects.toThrow(/Expected Cassandra to answer, got: .*ECONNREFUSED/);
    expect(store.nodes).toEqual({ up: 0, down: 1 });
    await expect(readLatest(store)).rejects.toThrow(/ECONNREFUSED/);
    await expect(store.page("a", { from: 0, to: Date.now() }, 1)).rejects.toBeInstanceOf(StoreError);
    await proxy.open();
    await expect.poll(() => store.write([pulseOf()])).toEqual(STORED);
    expect(lines.at(-1)).toBe("Cassandra answers again");
    expect(new Set(lines).size).toBe(lines.length);
    expect(lines.join("\n")).toMatch(/ECONNREFUSED/);
  });

  it("says which name it cannot resolve", async () => {
    const store = openTestStore({ contactPoints: ["cassandra.invalid:9042"], requestTimeoutMs: 5000 });
    await expect(store.check()).rejects.toThrow(
      /(ENOTFOUND|EAI_AGAIN) cassandra.invalid: check PULSE_CASSANDRA_CONTACT/,
    );
  });

  it("names the nodes' data centres where the configured one is wrong, and keeps no connection of any attempt", async () => {
    const proxy = await openNodeProxy(contactPoints[0] as string);
    const store = openTestStore({ contactPoints: [proxy.address], localDataCenter: "dc9" });
    const expected =
      "PULSE_CASSANDRA_LOCAL_DC: Expected one of the data centres datacenter1 that the nodes name, got dc9";
    for (let i = 0; i < 3; i++) {
      await expect(store.check()).rejects.toThrow(expected);
      await delay(400);
    }
    await store.close();
    await expect.poll(() => proxy.connections).toBe(0);
  });

  it("answers retry in bounded time while nothing comes through, keeps no more than it may, and recovers", async () => {
    const proxy = await openNodeProxy(contactPoints[0] as string);
    const requestTimeoutMs = 700;
    const store = openTestStore({ contactPoints: [proxy.address], requestTimeoutMs }, { maxQueuedRows: 5000 });
    await expect.poll(() => store.check().then(() => "ready", String)).toBe("ready");
    const service = newService();
    const writeSome = () => store.write(Array.from({ length: 50 }, () => pulseOf({ service_name: service })));
    proxy.freeze();
    const startedAt = performance.now();
    let mostQueued = 0;
    const outcomes = Array.from({ length: 300 }, () => {
      const outcome = writeSome();
      mostQueued = Math.max(mostQueued, store.queuedRows);
      return outcome;
    });
    expect(mostQueued).toBeLessThanOrEqual(5000);
    expect(new Set((await Promise.all(outcomes)).map(({ kind }) => kind))).toEqual(new Set(["retry"]));
    // Two timeouts at most: one for what is on its way, and one for what waits behind it.
    expect(performance.now() - startedAt).toBeLessThan(20 * requestTimeoutMs);
    expect(store.queuedRows).toBe(0);
    await expect(store.check()).rejects.toThrow(/Expected Cassandra to (answer|be ready)/);
    proxy.thaw();
    await expect.poll(writeSome).toEqual(STORED);

    await proxy.cut();
    await expect.poll(writeSome).toMatchObject({ kind: "retry" });
    await proxy.open();
    await expect.poll(writeSome).toEqual(STORED);
  });
});
