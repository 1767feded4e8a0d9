import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect, it, onTestFinished } from "vitest";

/** What `make status` says of a cluster with so many replicas of the StatefulSet `cassandra`. */
function statusWith(replicas: string): { code: number | null; said: string } {
  const folder = mkdtempSync(join(tmpdir(), "pulsemesh-tools-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const standIn = (name: string, script: string) =>
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  standIn("docker", "");
  standIn("kind", "echo pulsemesh");
  standIn("kn", "echo the services");
  standIn(
    "kubectl",
    `case "$*" in
      *broker,trigger*) echo the triggers;;
      *"get statefulset cassandra"*) printf '${replicas}';;
      *"get services.serving.knative.dev pulse-persist"*CONTACT_POINTS*) printf cassandra.shop:9042;;
      *"exec cassandra-0"*"nodetool status"*) [ -n "${replicas}" ] && echo the ring;;
    esac`,
  );
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` };
  const { status, stdout, stderr } = spawnSync(process.execPath, ["infra/cluster/status.ts"], {
    env,
    encoding: "utf8",
  });
  return { code: status, said: stdout + stderr };
}

it("shows the services, the Triggers and the ring", () => {
  expect(statusWith("1")).toEqual({ code: 0, said: "the services\n\nthe triggers\n\nthe ring\n\n" });
});

it("says where the functions reach a Cassandra that is somebody else's, and asks no pod for its ring", () => {
  const { code, said } = statusWith("");
  expect(said).toMatch(
    /^the services\n\nthe triggers\n\nThe functions run in the namespace default of the cluster pulsemesh, .* somebody else's at cassandra\.shop:9042\. .*\n$/,
  );
  expect(code).toBe(0);
});
