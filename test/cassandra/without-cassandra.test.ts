// What a test run says on a machine that cannot start a node: this test runs vitest with an empty PATH.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const VITEST = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url));
const REMEDY = "install a Java 17 and Maven";
const folder = mkdtempSync(join(tmpdir(), "pulsemesh-bare-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function runTests(env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const bare = { PATH: folder, HOME: folder, XDG_CACHE_HOME: folder, NO_COLOR: "1", ...env };
  const args = [
    "run",
    "--project",
    "cassandra",
    "storage/cassandra/nodes.test.ts",
    "test/cassandra/single-node.test.ts",
  ];
  const child = spawn(process.execPath, [VITEST, ...args, "--coverage.enabled=false", "--reporter=verbose"], {
    env: bare,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const [code] = await once(child, "close");
  return { code, output };
}

describe("without a way to run Cassandra", () => {
  it("skips its tests, and reports the reason and the remedy", async () => {
    const { code, output } = await runTests({});
    expect(output).toContain(
      "Cassandra's tests are skipped. Expected Java 17, Docker or PULSE_CASSANDRA_CONTACT_POINTS",
    );
    expect(output).toContain(REMEDY);
    expect(output).toMatch(/a single node \(skipped: Expected Java 17, .*got no `java` on the PATH/);
    expect(output).toMatch(/Tests .*[1-9] skipped/);
    expect(output).not.toMatch(/failed/);
    expect(code).toBe(0);
  });

  it("fails them where CI is set", async () => {
    const { code, output } = await runTests({ CI: "true" });
    expect(output).toContain("With CI set, tests of Cassandra are not skipped");
    expect(output).toContain(REMEDY);
    expect(code).toBe(1);
  });
});
