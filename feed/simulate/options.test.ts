import { describe, expect, it } from "vitest";
import { readSimulateOptions } from "./options.ts";

function read(...args: string[]) {
  return readSimulateOptions(args, {});
}

describe("the command line of simulate", () => {
  it("has a default for everything", () => {
    expect(read()).toEqual({
      fleet: { seed: 1, services: 12, rate: 50, incident: undefined, incidentStartMs: undefined },
      target: { url: new URL("http://localhost:8080/pulse"), token: undefined, retryForMs: 300_000 },
      sinceMs: 86_400_000,
      backfillRate: 5,
      once: false,
    });
  });

  it("takes everything from options", () => {
    const fleet = ["--services", "20", "--rate", "3", "--seed", "9", "--incident", "cart", "--incident-at", "23:59"];
    expect(
      read(...fleet, "--since", "1.5d", "--once", "--url", "http://pulse.example/in", "--retry-for", "2"),
    ).toMatchObject({
      fleet: { seed: 9, services: 20, rate: 3, incident: "cart", incidentStartMs: 86_340_000 },
      sinceMs: 129_600_000,
      backfillRate: 3,
      once: true,
      target: { url: new URL("http://pulse.example/in"), retryForMs: 2000 },
    });
  });

  it.each([
    ["0", 0],
    ["90s", 90_000],
    ["90m", 5_400_000],
    ["24h", 86_400_000],
    ["29d", 2_505_600_000],
  ])("reads the span %s", (text, ms) => {
    expect(read("--since", text)?.sinceMs).toBe(ms);
  });

  it("reads no setting but the port that it sends to, and that only where --url names no other", () => {
    const wrong = { PULSE_LOCAL_BROKER_PORT: "x", PULSE_LOCAL_QUERY_PORT: "x" };
    expect(readSimulateOptions([], wrong)?.target.url.href).toBe("http://localhost:8080/pulse");
    const env = { PULSE_LOCAL_INGEST_PORT: "x" };
    expect(() => readSimulateOptions([], env)).toThrow("PULSE_LOCAL_INGEST_PORT: Expected an integer");
    expect(readSimulateOptions(["--url", "http://a.b/pulse"], env)?.target.url.href).toBe("http://a.b/pulse");
  });

  it("asks for help", () => {
    expect(read("--help")).toBeUndefined();
  });

  it.each<[string[], RegExp]>([
    [["--services", "0"], /Expected --services to be an integer from 1 to 500, got "0"/],
    [["--rate", "-1"], /Option '--rate' argument is ambiguous\. See --help/],
    [["--rate=-1"], /Expected --rate to be a number from 0.1/],
    [["--rate", "2", "--backfill-rate", "3"], /Expected --backfill-rate to be a number from 0.01 to 2, got "3"/],
    [["--since", "30d"], /Expected --since to be 0 or a span .* 29d at most, got "30d"/],
    [["--since", "yesterday"], /Expected --since/],
    [["--incident", "nobody", "--services", "2"], /Expected --incident to name one of checkout, payments, got nobody/],
    [["--incident-at", "24:00"], /Expected --incident-at to be a time of day such as 09:30, got "24:00"/],
    [["--seed", "x"], /Expected --seed/],
    [["--sevrices", "2"], /Unknown option '--sevrices'/],
  ])("refuses %j", (args, message) => {
    expect(() => read(...args)).toThrow(message);
  });
});
