import { describe, expect, it } from "vitest";
import { ALL_SETTINGS } from "./all.ts";
import { functionSettings } from "./function-settings.ts";
import { localSettings } from "./local-settings.ts";
import { readSettings, SettingsError } from "./read.ts";

/** The message for one wrong variable. */
function complaintOf(variable: string, text: string): string {
  try {
    readSettings(functionSettings, { [variable]: text });
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    return (error as SettingsError).message;
  }
  throw new Error(`Expected ${variable}=${text} to be refused`);
}

describe("settings", () => {
  it("have defaults that are as expected", () => {
    for (const { settings } of ALL_SETTINGS) {
      for (const { variable, fallback, parse } of Object.values(settings)) {
        if (fallback !== undefined) expect([variable, parse(String(fallback))]).toEqual([variable, fallback]);
      }
    }
  });

  it("are read from the environment, without the blanks around them; an empty one counts as absent", () => {
    const env = { PORT: " 9000 ", PULSE_FUNCTION: "pulse-query", K_SINK: "https://broker/x?y", PULSE_MAX_PULSES: "" };
    const settings = readSettings(functionSettings, env);
    expect(settings).toMatchObject({ port: 9000, function: "pulse-query", maxPulses: 10_000, tokensFile: undefined });
    expect(settings.sink?.href).toBe("https://broker/x?y");
    expect(readSettings(functionSettings, {}).sink).toBeUndefined();
    expect(readSettings(localSettings, {})).toMatchObject({
      ingestPort: 8080,
      brokerPort: 8090,
      dataDir: ".pulsemesh",
    });
  });

  it.each([
    ["PORT", "0", 'PORT: Expected an integer from 1 to 65535, got "0"'],
    ["PORT", "80a", 'PORT: Expected an integer from 1 to 65535, got "80a"'],
    ["PORT", "1e3", 'PORT: Expected an integer from 1 to 65535, got "1e3"'],
    ["PORT", "-1", 'PORT: Expected an integer from 1 to 65535, got "-1"'],
    ["PULSE_LOG_LEVEL", "loud", "PULSE_LOG_LEVEL: Expected one of fatal, error, warn, info, debug, trace, silent, got"],
    ["K_SINK", "broker:80", 'K_SINK: Expected an http:// or https:// URL without a user, got "broker:80"'],
    ["K_SINK", "not a url", 'K_SINK: Expected an http:// or https:// URL without a user, got "not a url"'],
  ])("are refused as %s=%s, with the name, the expectation and the value", (variable, text, message) => {
    expect(complaintOf(variable, text)).toContain(message);
  });

  it("are all named at once when they are wrong, misspelt names among them", () => {
    const env = { PORT: "x", K_SINK: "y", PULSE_RETENTION_DAYS: "0", PULSE_RETENTION_DAY: "7" };
    expect(() => readSettings(functionSettings, env)).toThrow(
      /^PULSE_RETENTION_DAY: Expected .* did you mean PULSE_RETENTION_DAYS\?\nPORT: .*\nK_SINK: .*\nPULSE_RETENTION_DAYS: .*$/,
    );
  });

  it("are shown in messages without a password, and shortened when they are long", () => {
    const wrong = "ftp://user:hunter2@broker/";
    const complaint = complaintOf("K_SINK", wrong);
    expect(complaint).toContain("ftp://…@broker");
    expect(complaint).not.toContain("hunter2");
    expect(complaintOf("PORT", "9".repeat(500)).length).toBeLessThan(200);
  });
});
