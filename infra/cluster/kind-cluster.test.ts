import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { loadImages } from "./kind-cluster.ts";

/** Puts a docker and a kind on the PATH that write down how they are called. `kind load docker-image` ends with a code. */
function standInForTools(loadCode: number): { calls: () => string[]; folder: string } {
  const folder = mkdtempSync(join(tmpdir(), "pulsemesh-tools-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const log = join(folder, "calls");
  const script = (name: string, rest: string) =>
    writeFileSync(join(folder, name), `#!/bin/sh\necho "${name} $*" >>"${log}"\n${rest}\n`, { mode: 0o755 });
  script("docker", 'case "$*" in *absent*) exit 1;; *--format*) echo linux/arm64;; esac');
  script("kind", `case "$*" in "load docker-image"*) exit ${loadCode};; esac`);
  vi.stubEnv("PATH", `${folder}${delimiter}${process.env.PATH}`);
  vi.stubEnv("TMPDIR", folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.spyOn(console, "log").mockReturnValue(undefined);
  onTestFinished(() => void vi.restoreAllMocks());
  return { calls: () => readFileSync(log, "utf8").trim().split("\n"), folder };
}

it("an image that Docker has goes into the node, and an absent one and one with a digest do not", async () => {
  const { calls } = standInForTools(0);
  await loadImages(["cassandra:5", "absent:1", "cassandra:5@sha256:0123"]);
  expect(calls()).toEqual([
    "docker image inspect cassandra:5",
    "kind load docker-image cassandra:5 --name pulsemesh",
    "docker image inspect absent:1",
  ]);
});

it("an image that kind cannot load whole goes into the node as an archive of its one platform", async () => {
  const { calls, folder } = standInForTools(1);
  await loadImages(["cassandra:5"]);
  const [, , inspected, saved = "", loaded = ""] = calls();
  expect(inspected).toBe("docker image inspect --format {{.Os}}/{{.Architecture}} cassandra:5");
  expect(saved).toMatch(/^docker image save --platform linux\/arm64 --output \S+\/image\.tar cassandra:5$/);
  expect(loaded).toBe(`kind load image-archive ${saved.split(" ")[6]} --name pulsemesh`);
  expect(readdirSync(folder).toSorted()).toEqual(["calls", "docker", "kind"]);
});
