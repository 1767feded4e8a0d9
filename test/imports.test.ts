// Which room may import which: the table of ARCHITECTURE.md, kept by this test. Types count as well as values.
import { globSync, readFileSync } from "node:fs";
import { basename, dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync } from "oxc-parser";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

const ALL = [
  "events",
  "settings",
  "http",
  "storage",
  "functions",
  "local",
  "feed",
  "infra",
  "dashboards",
  "bench",
  "test",
];
/** What a room may import besides itself; a trailing file name without its ending allows that file alone. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  events: [],
  settings: [],
  http: ["events", "settings"],
  storage: ["events", "settings"],
  functions: ["events", "settings", "http", "storage"],
  local: ["events", "settings", "http"],
  feed: ["events", "settings"],
  infra: ["events", "settings", "functions/pulse-query/page/build"],
  dashboards: ["events", "settings", "functions/metrics/names", "local/broker/metric-names"],
  bench: ALL,
  test: ALL,
};
/** Who may import faas-js-runtime: what hosts the functions, and the peer that the bench measures beside them. */
const HOSTS: ReadonlySet<string> = new Set(["functions/runtime/serve.ts", "bench/stock-server.ts"]);
const BANNED_NAMES = /^(utils?|helpers?|common|misc)$/;

interface Source {
  /** Relative to the root, with "/". */
  file: string;
  text: string;
}

interface Import {
  file: string;
  specifier: string;
}

interface Reading {
  imports: Import[];
  /** `export * from`: a barrel. */
  barrels: string[];
}

/** Reads a source's imports, static and dynamic, and what it exports from elsewhere. */
function read({ file, text }: Source): Reading {
  const { module, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const statics = module.staticImports.map((one) => one.moduleRequest.value);
  const entries = module.staticExports.flatMap((one) => one.entries);
  const exported = entries.map((entry) => entry.moduleRequest?.value).filter((name) => name !== undefined);
  const dynamics = module.dynamicImports.map((one) =>
    literalOf(text.slice(one.moduleRequest.start, one.moduleRequest.end)),
  );
  const specifiers = [...statics, ...exported, ...dynamics.filter((name) => name !== undefined)];
  return {
    imports: [...new Set(specifiers)].map((specifier) => ({ file, specifier })),
    barrels: entries.some((entry) => entry.importName.kind === "AllButDefault") ? [file] : [],
  };
}

// `import(name)` with a computed name says nothing that could be checked here.
function literalOf(expression: string): string | undefined {
  return /^(["'`])([^"'`$]*)\1$/.exec(expression)?.[2];
}

/** Every rule that the sources break, as sentences. */
function violationsIn(sources: readonly Source[]): string[] {
  const readings = sources.map(read);
  const imports = readings.flatMap((reading) => reading.imports);
  const inner = imports.filter(({ specifier }) => specifier.startsWith(".")).map(resolveImport);
  return [
    ...readings.flatMap((reading) => reading.barrels.map((file) => `${file} has "export *": name what it exports`)),
    ...inner.filter((one) => !isAllowed(one)).map(({ file, target }) => `${file} may not import ${target}`),
    ...inner.filter(isBetweenHandlers).map(({ file, target }) => `${file} imports another handler's ${target}`),
    ...imports
      .filter(({ file, specifier }) => isPackage(specifier, "faas-js-runtime") && !HOSTS.has(file))
      .map(({ file }) => `${file} imports faas-js-runtime: only functions/runtime/serve.ts may`),
    ...inner
      .filter(({ target }) => !/\.[a-z]+$/.test(target))
      .map(({ file, target }) => `${file} imports ${target} without .ts`),
    ...sources
      .filter(({ file }) => file.split("/").some((part) => BANNED_NAMES.test(part.split(".")[0] ?? "")))
      .map(({ file }) => `${file} has a name that says nothing of what it holds`),
    ...cyclesBetweenRooms(inner),
  ];
}

interface Inner {
  file: string;
  target: string;
}

function resolveImport({ file, specifier }: Import): Inner {
  return { file, target: posix.normalize(posix.join(dirname(file), specifier)) };
}

function roomOf(file: string): string {
  return file.includes("/") ? (file.split("/")[0] ?? "") : "";
}

function isPackage(specifier: string, name: string): boolean {
  return specifier === name || specifier.startsWith(`${name}/`);
}

function isAllowed({ file, target }: Inner): boolean {
  const [from, to] = [roomOf(file), roomOf(target)];
  // Files at the root are the toolchain's.
  if (from === to || from === "") return true;
  // What a test asks of all rooms stands in test/; beside a source it knows its own room, and what that may import.
  return (MAY_IMPORT[from] ?? []).some((allowed) => allowed === to || `${allowed}.ts` === target);
}

function isBetweenHandlers({ file, target }: Inner): boolean {
  const handlerOf = (path: string) => /^functions\/(pulse-[^/]+)\//.exec(path)?.[1];
  const [from, to] = [handlerOf(file), handlerOf(target)];
  return from !== undefined && to !== undefined && from !== to;
}

function cyclesBetweenRooms(imports: readonly Inner[]): string[] {
  const edges = new Map<string, Set<string>>();
  for (const { file, target } of imports) {
    const [from, to] = [roomOf(file), roomOf(target)];
    if (from !== to && from !== "") edges.set(from, (edges.get(from) ?? new Set()).add(to));
  }
  const cycles: string[] = [];
  const done = new Set<string>();
  const walk = (room: string, path: string[]): void => {
    if (path.includes(room)) {
      cycles.push(`rooms import each other: ${[...path.slice(path.indexOf(room)), room].join(" → ")}`);
    } else if (!done.has(room)) {
      for (const next of edges.get(room) ?? []) walk(next, [...path, room]);
      done.add(room);
    }
  };
  for (const room of edges.keys()) walk(room, []);
  return cycles;
}

function ourSources(): Source[] {
  const files = globSync("**/*.{ts,tsx}", {
    cwd: ROOT,
    exclude: (path) =>
      ["node_modules", "dist", "coverage", "cdktf.out"].includes(basename(path)) || /^\.[^/]/.test(path),
  });
  return files.map((file) => ({ file: file.replaceAll("\\", "/"), text: readFileSync(join(ROOT, file), "utf8") }));
}

describe("our sources", () => {
  it("import only what their room may, and break no rule of names", () => {
    expect(violationsIn(ourSources())).toEqual([]);
  });

  it("are all in rooms of the table", () => {
    const sources = ourSources();
    expect(sources.length).toBeGreaterThan(50);
    const rooms = new Set(sources.map(({ file }) => roomOf(file)).filter((room) => room !== ""));
    expect(Object.keys(MAY_IMPORT)).toEqual(expect.arrayContaining([...rooms]));
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
    ["feed/utils/a.ts", "", "feed/utils/a.ts has a name that says nothing of what it holds"],
    ["feed/helpers.ts", "", "feed/helpers.ts has a name that says nothing of what it holds"],
  ])("finds fault with %s: %s", (file, text, violation) => {
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
  ])("has no fault to find with %s: %s", (file, text) => {
    expect(violationsIn([{ file, text }])).toEqual([]);
  });

  it("finds rooms that import each other, whichever the table allows", () => {
    const sources = [
      { file: "bench/a.ts", text: 'import "../test/a.ts";' },
      { file: "test/a.ts", text: 'import "../bench/b.ts";' },
    ];
    expect(violationsIn(sources)).toEqual(["rooms import each other: bench → test → bench"]);
  });
});
