import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import { openTestBroker, post } from "../testing/broker.ts";

describe("POST /copy", () => {
  it("writes what waits to a file beside the broker's, for its owner only, in place of an earlier copy", async () => {
    const { url, file, subscriber } = await openTestBroker({ delivery: { retry: 100 } });
    subscriber.answerWith(() => ({ status: 503 }));
    for (const id of ["1", "2"]) expect((await post(url, id)).status).toBe(202);
    for (let turn = 0; turn < 2; turn++) {
      expect((await fetch(new URL("/copy", url), { method: "POST" })).status).toBe(204);
    }
    expect(readdirSync(dirname(file)).filter((name) => name.includes("cop"))).toEqual(["broker.db.copy"]);
    expect(statSync(`${file}.copy`).mode & 0o777).toBe(0o600);
    const copy = new DatabaseSync(`${file}.copy`, { readOnly: true });
    onTestFinished(() => copy.close());
    const ids = copy.prepare("SELECT attributes ->> 'id' AS id FROM events ORDER BY 1").all();
    expect(ids.map(({ id }) => id)).toEqual(["1", "2"]);
  });

  it("goes with the next start when no backup took it", async () => {
    const { url, file, broker } = await openTestBroker();
    await fetch(new URL("/copy", url), { method: "POST" });
    writeFileSync(`${file}.copying`, "half");
    await broker.close();
    await openTestBroker({ file });
    expect(readdirSync(dirname(file)).filter((name) => name.includes("cop"))).toEqual([]);
  });

  it("is not for web pages, which may post to this machine", async () => {
    const { url, file } = await openTestBroker();
    const answer = await fetch(new URL("/copy", url), { method: "POST", headers: { origin: "https://example.com" } });
    expect(answer.status).toBe(403);
    expect(existsSync(`${file}.copy`)).toBe(false);
  });

  it("is a 503 that says why where no file can be written", async () => {
    const { url, file } = await openTestBroker();
    mkdirSync(`${file}.copy`);
    writeFileSync(`${file}.copy/held`, "");
    const answer = await fetch(new URL("/copy", url), { method: "POST" });
    expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining("could not copy its file")]);
  });
});
