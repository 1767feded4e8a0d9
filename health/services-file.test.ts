import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { temporaryFolder } from "../storage/testing/temporary-folder.ts";
import { openServices, parseServices } from "./services-file.ts";

const NAMED = { file: "services.yaml", variable: "PULSE_SERVICES_FILE" };
const iso = ({ from, to }: { from: number; to: number }) =>
  `${new Date(from).toISOString()} ${new Date(to).toISOString()}`;

describe("the file of services", () => {
  it("says what is set for services by their names, and later entries count", () => {
    const services = parseServices(
      `
- services: "*"
  owner: platform
  period: 90s
- services: [nightly-*, backup]
  period: 1d
  grace: 30min
  down_share: 40%
  degraded_share: 2.5%
  least_pulses: 3
  link: https://wiki.example/backup
- { services: backup, retired: true }
`,
      NAMED,
    );
    expect(services.of("checkout")).toMatchObject({ owner: "platform", periodMs: 90_000, isRetired: false });
    expect(services.of("nightly-report")).toMatchObject({
      owner: "platform",
      periodMs: 86_400_000,
      graceMs: 1_800_000,
      downShare: 0.4,
      degradedShare: 0.025,
      leastPulses: 3,
      link: new URL("https://wiki.example/backup"),
      isRetired: false,
    });
    expect(services.of("backup").isRetired).toBe(true);
    expect(services.of("nightly").periodMs).toBe(90_000);
  });

  it("says what statuses mean: a text before its class", () => {
    const { healthOfStatus } = parseServices(
      '- { services: api, statuses: { 404: down, 4xx: degraded, "so so": up } }',
      NAMED,
    ).of("api");
    const statuses = ["404", "429", "500", "200", "so so", "4xxx", "ok"];
    expect(statuses.map(healthOfStatus)).toEqual(["down", "degraded", "down", "up", "up", "unknown", "up"]);
  });

  it("plans maintenance once and weekly, by the wall of its zone", () => {
    const { maintenanceIn } = parseServices(
      `
- services: "*"
  maintenance:
    - { from: 2026-10-21T22:00, to: 2026-10-22T04:00, zone: Europe/Berlin }
    - { from: 2026-10-22T03:30:00+02:00, to: 2026-10-22T05:00:00+02:00 }
- services: db
  maintenance:
    - { weekly: [saturday], from: "22:00", to: "04:00", zone: Europe/Berlin }
`,
      NAMED,
    ).of("db");
    const span = { from: Date.UTC(2026, 9, 18, 1), to: Date.UTC(2026, 10, 1) };
    expect(maintenanceIn(span).map(iso)).toEqual([
      "2026-10-18T01:00:00.000Z 2026-10-18T02:00:00.000Z",
      "2026-10-21T20:00:00.000Z 2026-10-22T03:00:00.000Z",
      "2026-10-24T20:00:00.000Z 2026-10-25T03:00:00.000Z",
      "2026-10-31T21:00:00.000Z 2026-11-01T00:00:00.000Z",
    ]);
  });

  it.each<[what: string, text: string]>([
    ["nothing", ""],
    ["an empty list", "[]"],
    ["JSON", '[{"services": "a"}]'],
  ])("may hold %s", (_, text) => {
    expect(parseServices(text, NAMED).of("a")).toMatchObject({ isRetired: false });
  });

  it.each<[text: string, fault: string | RegExp]>([
    ["services: x", "line 1: Expected a list of entries, each with `services`, got object"],
    ["- 7", 'line 1, [0]: Expected an entry with `services`, got "7"'],
    ["- owner: me", "line 1, [0].services: Expected one or a list, got absent"],
    ["- services: []", "line 1, [0].services: Expected at least one, got array"],
    [
      "- services: [a, 'b c']",
      'line 1, [0].services[1]: Expected the name of a service, or its beginning and a *, got "b c"',
    ],
    ["- services: a\n  perod: 1d", /^line 1, \[0\]: Expected one of services, period, .*, got "perod"$/],
    ["- services: a\n  period: 0s", /^line 2, \[0\]\.period: Expected a duration from 1s to 31d, .*, got "0s"$/],
    [
      "- services: a\n  down_share: 0.5",
      /^line 2, \[0\]\.down_share: Expected a share from 1% to 100%, .*, got "0.5"$/,
    ],
    ["- services: a\n  least_pulses: 0", 'line 2, [0].least_pulses: Expected 1 or more, got "0"'],
    [
      "- services: a\n  statuses: { 404: bad }",
      'line 2, [0].statuses.404: Expected one of up, degraded, down, unknown, got "bad"',
    ],
    ["- services: a\n  link: javascript:x", /^line 2, \[0\]\.link: Expected an http:\/\/ or https:\/\/ URL/],
    ["- services: a\n  retired: yes", 'line 2, [0].retired: Expected true or false, got "yes"'],
    [
      "- services: a\n  maintenance: [{ from: 2026-10-21T22:00, to: 2026-10-22T04:00 }]",
      /\.zone: Expected a zone beside times/,
    ],
    [
      "- services: a\n  maintenance: [{ from: 2026-02-30T22:00Z, to: 2026-10-22T04:00Z }]",
      /maintenance\[0\]\.from: Expected a time such as/,
    ],
    [
      "- services: a\n  maintenance: [{ from: 2026-10-22T22:00:00Z, to: 2026-10-22T04:00:00Z }]",
      /\.to: Expected a time after from/,
    ],
    [
      "- services: a\n  maintenance: [{ weekly: Sunday, from: '1:00', to: '24:00', zone: Mars }]",
      /weekly\[0\]: Expected one of sunday.*"Sunday"\n.*from: .*"1:00"\n.*to: .*"24:00"\n.*zone: Expected the name of a time zone.*"Mars"$/s,
    ],
    [
      "- services: a\n  maintenance: [{ weekly: sunday, until: 1 }]",
      /Expected one of weekly, from, to, zone, reason, got "until"/,
    ],
    ["- a: [b", /^line 1: Expected YAML, got a fault: /],
    ["- services: a\n  services: b", "line 2: Expected YAML, got a fault: Map keys must be unique"],
  ])("that holds %j is refused, and it says where and why", (text, fault) => {
    let message = "";
    try {
      parseServices(text, NAMED);
    } catch (error) {
      message = (error as Error).message.replaceAll("PULSE_SERVICES_FILE: services.yaml, ", "");
    }
    if (typeof fault === "string") expect(message).toBe(fault);
    else expect(message).toMatch(fault);
  });

  it("is read again when it changes; while it is wrong or away the former settings stay, and that is said", async () => {
    const file = join(temporaryFolder(), "services.yaml");
    const write = (text: string) => {
      writeFileSync(`${file}.new`, text);
      renameSync(`${file}.new`, file);
    };
    write("- { services: a, owner: one }");
    const said: string[] = [];
    const services = openServices({
      ...NAMED,
      file,
      lookEveryMs: 5,
      onRead: () => said.push("read"),
      onFailure: (error) => said.push((error as Error).message),
    });
    onTestFinished(services.close);
    const owner = () => services.value.of("a").owner;
    expect(owner()).toBe("one");
    write("- { services: a, owner: two }");
    await vi.waitFor(() => expect(owner()).toBe("two"));
    expect(said).toEqual(["read"]);
    write("- { services: a, owner: 3 }");
    await vi.waitFor(() => expect(said).toHaveLength(2));
    expect(said[1]).toBe(`PULSE_SERVICES_FILE: ${file}, line 1, [0].owner: Expected a text, got "3"`);
    expect([owner(), services.isCurrent]).toEqual(["two", false]);
    write("- { services: a, owner: four }");
    await vi.waitFor(() => expect(owner()).toBe("four"));
    expect(services.isCurrent).toBe(true);
  });

  it("may say all that docs/services.md shows", () => {
    const [, example = ""] = /```yaml\n(.*?)```/s.exec(readFileSync("docs/services.md", "utf8")) ?? [];
    const services = parseServices(example, NAMED);
    expect(services.of("backup")).toMatchObject({ owner: "platform team", periodMs: 86_400_000 });
    expect(services.of("api").healthOfStatus("404")).toBe("down");
    expect(services.of("old-shop").isRetired).toBe(true);
  });

  it("may be none: nothing is set then", () => {
    const services = openServices({ ...NAMED, file: undefined, onRead: () => {}, onFailure: () => {} });
    expect(services.value.of("a")).toMatchObject({ isRetired: false });
  });
});
