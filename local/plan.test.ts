import { describe, expect, it } from "vitest";
import { localSettings } from "../settings/local-settings.ts";
import { BROKER_MALLOC_ENV, MALLOC_ENV } from "../settings/node-flags.ts";
import { readSettings } from "../settings/read.ts";
import { bannerOf } from "./banner.ts";
import { planProcesses } from "./plan.ts";

describe("the plan", () => {
  const settings = readSettings(localSettings, { PULSE_LOCAL_BROKER_PORT: "9000", PULSE_DATA_DIR: "data" });

  it("has the broker and the five functions, which their environment tells apart", () => {
    const plan = planProcesses(settings);
    expect(plan.map(({ name, port, stopRank }) => [name, port, stopRank])).toEqual([
      ["pulse-ingest", 8080, 0],
      ["broker", 9000, 1],
      ["pulse-persist", 8082, 2],
      ["pulse-deadletter", 8083, 2],
      ["pulse-query", 8081, 2],
      ["pulse-health", 8084, 0],
    ]);
    expect(plan[0]?.env).toEqual({
      PULSE_FUNCTION: "pulse-ingest",
      PORT: "8080",
      K_SINK: "http://localhost:9000/default/pulsemesh",
      PULSE_DATA_DIR: `${process.cwd()}/data`,
      PULSE_LISTEN_ADDRESS: "localhost",
      PULSE_OTLP_PORT: "4318",
      PULSE_PERSIST_URL: "http://localhost:8082",
      NODE_COMPILE_CACHE: `${process.cwd()}/data/compile-cache`,
      ...MALLOC_ENV,
    });
    expect(plan.find(({ name }) => name === "broker")?.env).toMatchObject(BROKER_MALLOC_ENV);
    expect(plan.map(({ portVariable }) => portVariable)).toContain("PULSE_LOCAL_QUERY_PORT");
  });

  it("keeps a compile cache that the environment names", () => {
    const plan = planProcesses(settings, {}, { NODE_COMPILE_CACHE: "/cache" });
    expect(new Set(plan.map(({ env }) => env.NODE_COMPILE_CACHE))).toEqual(new Set(["/cache"]));
  });

  it("lets the page name the address of pulse-ingest that the environment names, and the laptop's where there is none", () => {
    const shownWith = (env: NodeJS.ProcessEnv) =>
      planProcesses(settings, {}, env).find(({ name }) => name === "pulse-query")?.env.PULSE_INGEST_URL;
    expect(shownWith({ PULSE_INGEST_URL: "https://pulse.example.com" })).toBe("https://pulse.example.com");
    expect([shownWith({}), shownWith({ PULSE_INGEST_URL: "" })]).toEqual(Array(2).fill("http://localhost:8080"));
  });

  it("takes OTLP's port from nowhere else where something listens at the laptop's", () => {
    const [ingest] = planProcesses({ ...settings, otlpPort: undefined }, {}, { PULSE_OTLP_PORT: "4319" });
    expect(ingest?.env.PULSE_OTLP_PORT).toBe("");
  });

  it("is shown to a person as a banner with something to try", () => {
    const banner = bannerOf(settings, process.cwd());
    expect(banner).toContain("POST http://localhost:9000/default/pulsemesh");
    expect(banner).toContain("data           data\n");
    expect(banner).toContain("curl http://localhost:8081/services/checkout/pulses");
    expect(banner.split("\n").length).toBeLessThan(20);
  });
});
