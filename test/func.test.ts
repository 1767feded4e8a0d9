// func.yaml: it is valid by func's schema, its settings suit the function, and the result of func's build runs.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import ajvDraft04 from "ajv-draft-04";
import addFormats from "ajv-formats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { isSkippedWithout } from "../dashboards/testing/tools.ts";
import { PULSE_TYPE } from "../events/cloud-event.ts";
import { type Broker, openBroker, pulsesIn } from "../functions/testing/broker.ts";
import { LIVENESS_PATH, READINESS_PATH } from "../http/health.ts";
import { functionSettings } from "../settings/function-settings.ts";
import { MALLOC_ENV, NODE_FLAGS } from "../settings/node-flags.ts";
import { readSettings } from "../settings/read.ts";
import { startFunction } from "./function-process.ts";

/** The newest version in the Go module proxy; its schema has specVersion 0.36.0. */
const FUNC_MODULE = "knative.dev/func@v0.44.0";

const funcYaml = parse(readFileSync("func.yaml", "utf8"));
const packageJson = JSON.parse(readFileSync("package.json", "utf8"));
const envs: Record<string, string> = Object.fromEntries(
  funcYaml.run.envs.map(({ name, value }: { name: string; value: string }) => [name, value]),
);

describe.skipIf(isSkippedWithout("go"))("func", () => {
  it("takes func.yaml by its schema, which refuses a misspelt key", () => {
    const ajv = new ajvDraft04.default({ allErrors: true, strict: false });
    addFormats.default(ajv);
    const isValid = ajv.compile(funcSchema());
    expect(isValid(funcYaml) ? [] : isValid.errors).toEqual([]);
    expect(isValid({ ...funcYaml, deploy: { ...funcYaml.deploy, healthEndpoint: {} } })).toBe(false);
  }, 240_000);

  it("takes its version without migrating it", () => {
    const migrations = readFileSync(join(funcFolder(), "pkg/functions/function_migrations.go"), "utf8");
    const versions = [...migrations.matchAll(/^\t\{"(\d+\.\d+\.\d+)", migrate/gm)].map((match) => match[1]);
    expect(funcYaml.specVersion).toBe(versions.at(-1));
  }, 240_000);
});

describe("func.yaml", () => {
  it("has settings that the function takes, the function's health checks and its memory limits", () => {
    const settings = readSettings(functionSettings, envs);
    expect(settings.sink?.pathname).toBe("/default/pulsemesh");
    expect(funcYaml.deploy.healthEndpoints).toEqual({ liveness: LIVENESS_PATH, readiness: READINESS_PATH });
    expect(envs.NODE_OPTIONS?.split(" ")).toEqual(NODE_FLAGS["pulse-ingest"]);
    expect(envs).toMatchObject(MALLOC_ENV);
  });
});

describe("what func builds of this repository", () => {
  const folder = mkdtempSync(join(tmpdir(), "pulse-func-"));
  let broker: Broker;
  beforeAll(async () => {
    broker = await openBroker();
  });
  afterAll(async () => {
    await broker.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("runs from the build's context alone: built with all packages, started with those for production", async () => {
    const files = contextFiles();
    expect(files).toEqual(expect.arrayContaining(["package.json", "package-lock.json", "func.yaml"]));
    expect(files.filter((file) => /\.test\.ts$|^(test|bench|docs|local)\//.test(file))).toEqual([]);
    for (const file of files) cpSync(file, join(folder, file));

    symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
    const path = `${dirname(process.execPath)}:${process.env.PATH}`;
    const [script] = funcYaml.build.buildEnvs.flatMap(({ name, value }: { name: string; value: string }) =>
      name === "BP_NODE_RUN_SCRIPTS" ? [value] : [],
    );
    execFileSync("npm", ["run", "--silent", script], { cwd: folder, env: { ...process.env, PATH: path } });

    // A buildpack removes packages for development.
    rmSync(join(folder, "node_modules"));
    for (const name of Object.keys(packageJson.dependencies)) {
      const target = join(folder, "node_modules", name);
      mkdirSync(dirname(target), { recursive: true });
      symlinkSync(resolve("node_modules", name), target);
    }
    const [command, ...rest] = packageJson.scripts.start.split(" ");
    expect(command).toBe("faas-js-runtime");
    const started = await startFunction("pulse-ingest", {
      env: { ...envs, K_SINK: broker.url },
      program: [join("node_modules", command, "bin/cli.js"), ...rest],
      cwd: folder,
    });
    try {
      const pulse = { service_name: "checkout", latency_ms: 1, status: "ok" };
      const post = (path: string, type: string, body: unknown) =>
        fetch(started.url + path, { method: "POST", headers: { "content-type": type }, body: JSON.stringify(body) });
      const response = await post("/pulse", "application/json", { ...pulse, id: "by-func" });
      expect([response.status, await response.json()]).toEqual([202, { accepted: 1, ids: ["by-func"] }]);
      const event = { specversion: "1.0", id: "in-batch", source: "/shop", type: PULSE_TYPE, data: pulse };
      expect((await post("/", "application/cloudevents-batch+json", [event])).status).toBe(202);
      expect(pulsesIn(broker.received).map(({ id }) => id)).toEqual(["by-func", "in-batch"]);
      expect((await fetch(`${started.url}${READINESS_PATH}`)).status).toBe(200);
      expect(await started.stop()).toBe(0);
    } finally {
      await started.kill();
    }
  });
});

/** The files in git and new ones, without those that .funcignore names. */
function contextFiles(): string[] {
  const list = (...args: string[]) =>
    // The list may hold all of node_modules.
    execFileSync("git", ["ls-files", "--cached", "--others", ...args], {
      encoding: "utf8",
      maxBuffer: Number.POSITIVE_INFINITY,
    })
      .split("\n")
      .filter((line) => line !== "");
  const ignored = new Set(list("--ignored", "--exclude-from=.funcignore"));
  return list("--exclude-standard").filter((file) => !ignored.has(file));
}

function funcFolder(): string {
  const output = execFileSync("go", ["mod", "download", "-json", FUNC_MODULE], {
    encoding: "utf8",
    cwd: tmpdir(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  return JSON.parse(output).Dir;
}

function funcSchema() {
  return JSON.parse(readFileSync(join(funcFolder(), "schema/func_yaml-schema.json"), "utf8"));
}
