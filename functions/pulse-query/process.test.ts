import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it, vi } from "vitest";
import { freePort } from "../../settings/tcp-ports.ts";

const folder = mkdtempSync(join(tmpdir(), "pulse-query-process-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("serves its page as a process, and stops without waiting for live listeners", async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, ["functions/main.ts"], {
    env: {
      ...process.env,
      PULSE_FUNCTION: "pulse-query",
      PULSE_DATA_DIR: folder,
      PULSE_LOG_LEVEL: "warn",
      PULSE_SHUTDOWN_GRACE_MS: "60000",
      PORT: String(port),
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  try {
    await vi.waitFor(async () => expect((await fetch(`${url}/health/ready`)).status).toBe(200));
    const page = await fetch(url);
    expect(await page.text()).toContain("<title>PulseMesh</title>");
    const unchanged = await fetch(url, { headers: { "if-none-match": page.headers.get("etag") ?? "" } });
    expect([unchanged.status, unchanged.headers.get("content-length")]).toEqual([304, null]);
    const live = await fetch(`${url}/live`);
    const text = live.text();
    // Well within the grace time: the process ends the streams instead of waiting for them.
    const exited = once(child, "exit", { signal: AbortSignal.timeout(50_000) });
    child.kill("SIGTERM");
    expect(await text).toContain("retry: ");
    expect(await exited).toEqual([0, null]);
  } finally {
    child.kill("SIGKILL");
  }
});
