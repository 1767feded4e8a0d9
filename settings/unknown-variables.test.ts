import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { distanceBetween, findUnknownVariables } from "./unknown-variables.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

describe("a variable that nothing reads", () => {
  it.each([
    ["PULSE_RETENTION_DAY", "PULSE_RETENTION_DAYS"],
    ["PULSE_RETENTIONDAYS", "PULSE_RETENTION_DAYS"],
    ["PULSE_LOGLEVEL", "PULSE_LOG_LEVEL"],
    ["PULSE_CASSANDRA_CONTACTPOINTS", "PULSE_CASSANDRA_CONTACT_POINTS"],
    ["PULSE_LOCAL_QUERRY_PORT", "PULSE_LOCAL_QUERY_PORT"],
    ["PULSE_FUNKTION", "PULSE_FUNCTION"],
  ])("%s is a fault that names %s", (name, nearest) => {
    const fault = `${name}: Expected the name of a setting, got an unknown one: did you mean ${nearest}?`;
    expect(findUnknownVariables({ PATH: "/bin", [name]: "a secret" })).toEqual([fault]);
  });

  it.each([
    ["a setting of another process", { PULSE_LOCAL_BROKER_PORT: "1", PULSE_CASSANDRA_USER: "a" }],
    ["another program's", { PULSEMESH: "1", IMPULSE_LEVEL: "1", PORTS: "2", pulse_data: "1" }],
    ["PulseAudio's", { PULSE_SERVER: "unix:/mnt/wslg/PulseServer", PULSE_PROP_media_role: "game", PULSE_COOKIE: "/c" }],
    [
      "made by Kubernetes for a Service",
      {
        PULSE_QUERY_00001_SERVICE_HOST: "10.0.0.1",
        PULSE_QUERY_00001_SERVICE_PORT: "80",
        PULSE_QUERY_00001_SERVICE_PORT_HTTP: "80",
        PULSE_QUERY_00001_PORT: "tcp://10.0.0.1:80",
        PULSE_QUERY_00001_PORT_80_TCP_ADDR: "10.0.0.1",
      },
    ],
  ])("is none when it is %s", (_, env) => {
    expect(findUnknownVariables(env)).toEqual([]);
  });

  it("is a fault although its name ends as those do that Kubernetes makes", () => {
    expect(findUnknownVariables({ PULSE_QUERY_PORT: "80" })).toHaveLength(1);
  });

  it("stands in no chart, script or document of the project", () => {
    const files = globSync("{*.md,Makefile,package.json,bench/*.md,docs/*.md,infra/charts/**/*.{yaml,tpl}}", {
      cwd: ROOT,
    });
    const names = files.flatMap(
      (file) => readFileSync(`${ROOT}/${file}`, "utf8").match(/\bPULSE(?:_[A-Z0-9]+)+/g) ?? [],
    );
    expect(names.length).toBeGreaterThan(50);
    expect(findUnknownVariables(Object.fromEntries(names.map((name) => [name, ""])))).toEqual([]);
  });
});

describe("the distance between words", () => {
  it.each([
    ["", "", 0],
    ["a", "", 1],
    ["", "abc", 3],
    ["kitten", "sitting", 3],
    ["flaw", "lawn", 2],
    ["same", "same", 0],
  ])("from %j to %j", (from, to, distance) => {
    expect(distanceBetween(from, to)).toBe(distance);
  });
});
