// Which room may import which: this test keeps the table of ARCHITECTURE.md. Types count as well as values.
import { describe, expect, it } from "vitest";
import { readDocument } from "./documents.ts";
import { importsOf, projectSources, type Source } from "./source-imports.ts";

const ALL = [
  "events",
  "settings",
  "http",
  "tracing",
  "storage",
  "history",
  "health",
  "functions",
  "local",
  "feed",
  "infra",
  "dashboards",
  "bench",
  "test",
];
/** What a room may import besides itself: whole rooms, or single files without their `.ts`. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  events: [],
  settings: [],
  http: ["events", "settings"],
  tracing: ["events", "settings", "http"],
  storage: ["events", "settings"],
  history: ["events", "settings", "storage", "health"],
  health: ["events", "settings", "storage"],
  functions: ["events", "settings", "http", "tracing", "storage", "history", "health"],
  local: ["events", "settings", "http", "tracing"],
  feed: ["events", "settings"],
  infra: ["events", "settings", "functions/pulse-query/page/build", "functions/runtime/bundling"],
  dashboards: [
    "events",
    "settings",
    "functions/metrics/names",
    "functions/metrics/buckets",
    "functions/metrics/limits",
    "local/broker/metric-names",
    "http/process-metrics",
  ],
  bench: ALL,
  test: ALL,
};
/** Who may import faas-js-runtime: the server of the functions, and the peer that the bench measures beside it. */
const HOSTS: ReadonlySet<string> = new Set(["functions/runtime/serve.ts", "bench/stock-server.ts"]);
const BANNED_NAMES = /^(utils?|helpers?|common|misc)$/;

/** A sentence for every rule that a source breaks. */
function violationsIn(sources: readonly Source[]): string[] {
  const all = sources.map(importsOf);
  const inner = all.flatMap(({ file, targets }) => targets.map((target) => ({ file, target })));
  return [
    ...all.filter(({ isBarrel }) => isBarrel).map(({ file }) => `${file} has "export *": name what it exports`),
    ...inner.filter((one) => !isAllowed(one)).map(({ file, target }) => `${file} may not import ${target}`),
    ...inner.filter(isBetweenHandlers).map(({ file, target }) => `${file} imports another handler's ${target}`),
    ...all
      .filter(
        ({ file, specifiers }) => specifiers.some((name) => isPackage(name, "faas-js-runtime")) && !HOSTS.has(file),
      )
      .map(({ file }) => `${file} imports faas-js-runtime: only functions/runtime/serve.ts may`),
    ...inner
      .filter(({ target }) => !/\.[a-z]+$/.test(target))
      .map(({ file, target }) => `${file} imports ${target} without .ts`),
    ...sources
      .filter(({ file }) => file.split("/").some((part) => BANNED_NAMES.test(part.split(".")[0] ?? "")))
      .map(({ file }) => `${file} has a name that does not say what it holds`),
    ...circlesOf(inner.map(({ file, target }) => [roomOf(file), roomOf(target)])).map(
      (rooms) => `rooms import each other: ${rooms}`,
    ),
    ...circlesOf(inner.map(({ file, target }) => [file, target])).map((files) => `files import each other: ${files}`),
  ];
}

interface Inner {
  file: string;
  target: string;
}

function roomOf(file: string): string {
  return file.includes("/") ? (file.split("/")[0] ?? "") : "";
}

function isPackage(specifier: string, name: string): boolean {
  return specifier === name || specifier.startsWith(`${name}/`);
}

function isAllowed({ file, target }: Inner): boolean {
  const [from, to] = [roomOf(file), roomOf(target)];
  // Files at the root belong to the toolchain.
  if (from === to || from === "") return true;
  // Tests beside a source keep to its room's table; tests of several rooms stand in test/.
  return (MAY_IMPORT[from] ?? []).some((allowed) => allowed === to || `${allowed}.ts` === target);
}

function isBetweenHandlers({ file, target }: Inner): boolean {
  const handlerOf = (path: string) => /^functions\/(pulse-[^/]+)\//.exec(path)?.[1];
  const [from, to] = [handlerOf(file), handlerOf(target)];
  return from !== undefined && to !== undefined && from !== to;
}

/** A text such as "a → b → a" for each circle that a walk along the imports meets. */
function circlesOf(imports: readonly (readonly [string, string])[]): string[] {
  const edges = new Map<string, Set<string>>();
  for (const [from, to] of imports) {
    if (from !== to && from !== "") edges.set(from, (edges.get(from) ?? new Set()).add(to));
  }
  const circles: string[] = [];
  const done = new Set<string>();
  const walk = (place: string, path: string[]): void => {
    if (path.includes(place)) {
      circles.push([...path.slice(path.indexOf(place)), place].join(" → "));
    } else if (!done.has(place)) {
      for (const next of edges.get(place) ?? []) walk(next, [...path, place]);
      done.add(place);
    }
  };
  for (const place of edges.keys()) walk(place, []);
  return circles;
}

describe("the sources", () => {
  it("import only what their room may, in no circle, and break no rule of names", () => {
    expect(violationsIn(projectSources())).toEqual([]);
  });

  it("are all in rooms of the table", () => {
    const sources = projectSources();
    expect(sources.length).toBeGreaterThan(50);
    const rooms = new Set(sources.map(({ file }) => roomOf(file)).filter((room) => room !== ""));
    expect(Object.keys(MAY_IMPORT)).toEqual(expect.arrayContaining([...rooms]));
  });

  it("are in the table of ARCHITECTURE.md, which says the same", () => {
    const rows = readDocument("ARCHITECTURE.md").matchAll(/^\| `(\w+)\/` \| .* \| (.*) \|$/gm);
    const roomsOf: Record<string, readonly string[]> = { nothing: [], all: ALL };
    const table = [...rows].map(([, room, allowed = ""]) => [room, roomsOf[allowed] ?? allowed.split(", ")]);
    expect(Object.fromEntries(table)).toEqual(MAY_IMPORT);
  });
});

describe("this test", () => {
  it.each<[string, string, string]>([
    ["events/a.ts", 'import { x } from "../storage/ports.ts";', "events/a.ts may not import storage/ports.ts"],
    ["events/a.ts", 'import type { X } from "../storage/ports.ts";', "events/a.ts may not import storage/ports.ts"],
    ["events/a.ts", 'export { x } from "../feed/x.ts";', "events/a.ts may not import feed/x.ts"],
    ["local/a.ts", 'const x = await import("../functions/main.ts");', "local/a.ts may not import functions/main.ts"],
    ["local/a.ts", 'import { x } from "../infra/chart.ts";', "local/a.ts may not import infra/chart.ts"],
    ["functions/a.test.ts", 'import { x } from "../local/a.ts";', "functions/a.test.ts may not import local/a.ts"],
    ["new/a.ts", 'import "../events/time.ts";', "new/a.ts may not import events/time.ts"],
    ["events/a.ts", 'export * from "./time.ts";', 'events/a.ts has "export *": name what it exports'],
    [
      "bench/main.ts",
      'import f from "faas-js-runtime";',
      "bench/main.ts imports faas-js-runtime: only functions/runtime/serve.ts may",
    ],
    [
      "functions/pulse-ingest/a.ts",
      'import { x } from "../pulse-persist/handler.ts";',
      "functions/pulse-ingest/a.ts imports another handler's functions/pulse-persist/handler.ts",
    ],
    [
      "functions/main.ts",
      'import { x } from "faas-js-runtime/lib/x.js";',
      "functions/main.ts imports faas-js-runtime: only functions/runtime/serve.ts may",
    ],
    ["events/a.ts", 'import "./time";', "events/a.ts imports events/time without .ts"],
    ["feed/utils/a.ts", "", "feed/utils/a.ts has a name that does not say what it holds"],
    ["feed/helpers.ts", "", "feed/helpers.ts has a name that does not say what it holds"],
  ])("finds the fault in %s: %s", (file, text, violation) => {
    expect(violationsIn([{ file, text }])).toEqual([violation]);
  });

  it.each([
    ["storage/a.ts", 'import type { Pulse } from "../events/pulse.ts";'],
    ["local/a.ts", 'import { triggers } from "../events/triggers.ts";'],
    ["bench/stock-server.ts", 'import faas from "faas-js-runtime";'],
    ["functions/runtime/serve.ts", 'import faas from "faas-js-runtime";'],
    ["functions/pulse-ingest/a.ts", 'import { x } from "../http.ts"; import { y } from "./tokens.ts";'],
    ["bench/a.ts", 'import "../functions/main.ts"; import "../local/main.ts";'],
    ["events/a.ts", '// import { x } from "../storage/ports.ts";\nconst text = `import "../storage/ports.ts"`;'],
    ["events/a.ts", "export * as ports from './time.ts';"],
  ])("finds no fault in %s: %s", (file, text) => {
    expect(violationsIn([{ file, text }])).toEqual([]);
  });

  it("finds files that import each other", () => {
    const sources = [
      { file: "events/a.ts", text: 'import type { B } from "./b.ts";' },
      { file: "events/b.ts", text: 'import "./a.ts";' },
    ];
    expect(violationsIn(sources)).toEqual(["files import each other: events/a.ts → events/b.ts → events/a.ts"]);
  });

  it("finds rooms that import each other, even where the table allows it", () => {
    const sources = [
      { file: "bench/a.ts", text: 'import "../test/a.ts";' },
      { file: "test/a.ts", text: 'import "../bench/b.ts";' },
    ];
    expect(violationsIn(sources)).toEqual(["rooms import each other: bench → test → bench"]);
  });
});
