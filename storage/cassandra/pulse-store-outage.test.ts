import { expect, it } from "vitest";
import { STORED } from "../outcome.ts";
import { openTestStore } from "../testing/cassandra-store.ts";
import { describeUnless } from "../testing/describe-unless.ts";
import { openNodeProxy } from "../testing/node-proxy.ts";
import { newService, pulseOf } from "../testing/pulses.ts";
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
    await expect(store.latest()).rejects.toThrow(/Expected Cassandra to be ready/);
    await proxy.open();
    await expect.poll(() => store.check().then(() => "ready", String)).toBe("ready");
    expect(await store.write([pulseOf()])).toEqual(STORED);
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
