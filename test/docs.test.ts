// The documents name only what exists: links, commands, files, settings, alerts, metrics.
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { METRICS as METRICS_OF_FUNCTIONS } from "../functions/metrics/names.ts";
import { EVENT_LOOP_LAG } from "../http/process-metrics.ts";
import { bannerOf } from "../local/banner.ts";
import { BROKER_METRICS } from "../local/broker/metric-names.ts";
import { ALL_SETTINGS } from "../settings/all.ts";
import { localSettings } from "../settings/local-settings.ts";
import { readSettings } from "../settings/read.ts";
import { codeBlocksOf, DOCUMENTS, readDocument } from "./documents.ts";

const FILES = globSync("**/*", {
  exclude: (path) => ["node_modules", "dist", "coverage", ".git", ".pulsemesh"].includes(path),
});
const TOP_LEVEL = new Set(FILES.filter((file) => !file.includes("/")));
const SCRIPTS = Object.keys(JSON.parse(readFileSync("package.json", "utf8")).scripts);
const TARGETS = [...readFileSync("Makefile", "utf8").matchAll(/^([a-z0-9-]+):/gm)].map((match) => match[1]);
const SETTINGS = new Set(
  ALL_SETTINGS.flatMap(({ settings }) => Object.values(settings)).map(({ variable }) => variable),
);
const ALERTS = namesIn("dashboards/generated/rules.yaml", /alert: (\w+)/g);
const METRICS = globSync("{functions/metrics,functions/pulse-*,http,local/broker}/*.ts").flatMap((file) =>
  namesIn(file, /"(pulsemesh_\w+)"/g),
);

it("the README has at most 120 lines and links to every page of docs/", () => {
  const readme = readDocument("README.md");
  expect(readme.trimEnd().split("\n").length).toBeLessThanOrEqual(120);
  const pages = DOCUMENTS.filter((file) => file.startsWith("docs/"));
  expect(pages.filter((page) => !readme.includes(`(${page})`))).toEqual([]);
});

it("the README shows every address that make run prints, as it prints them", () => {
  const banner = bannerOf(readSettings(localSettings, {}), process.cwd());
  const [output = ""] = codeBlocksOf(readDocument("README.md"), "");
  expect(output.split(/^ Test Files/m)[0]?.trim()).toBe(banner.split(/^Try:/m)[0]?.trim());
});

it("docs/watching.md has every alert", () => {
  expect(namesIn("docs/watching.md", /`(Pulse\w+)`/g).sort()).toEqual(ALERTS.sort());
});

it("docs/watching.md has every metric, by its name or by the beginning of it", () => {
  const listed = namesIn("docs/watching.md", /`(pulsemesh_\w+…?)`/g);
  const isListed = (name: string) =>
    listed.some((one) => (one.endsWith("…") ? name.startsWith(one.slice(0, -1)) : one === name));
  const names = [...Object.values(METRICS_OF_FUNCTIONS), ...Object.values(BROKER_METRICS), EVENT_LOOP_LAG];
  expect(names.filter((name) => !isListed(name))).toEqual([]);
});

describe.each(DOCUMENTS)("%s", (file) => {
  const text = readDocument(file);
  const spans = [...text.replaceAll(/^```.*?^```$/gms, "").matchAll(/`([^`\n]+)`/g)].map((match) => match[1] as string);
  const shell = codeBlocksOf(text, "sh").map((block) => block.replaceAll(/(^|\s)#.*$/gm, ""));
  const code = [...spans, ...shell];

  it("links to what exists", () => {
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] as string);
    expect(targets.filter((target) => !/^https?:/.test(target) && !linkResolves(file, target))).toEqual([]);
  });

  it("names scripts of npm and targets of make that exist", () => {
    expect(matchesIn(code, /\bnpm run (?:--silent )?([\w:-]+)/g).filter((name) => !SCRIPTS.includes(name))).toEqual([]);
    expect(matchesIn(code, /(?:^|[\s;&])make ([a-z][a-z0-9-]*)/gm).filter((name) => !TARGETS.includes(name))).toEqual(
      [],
    );
  });

  it("names files and folders that exist", () => {
    const inShell = shell.flatMap((block) => block.split(/[\s=@'"]+/));
    expect([...spans, ...inShell].filter((name) => isPath(name) && !pathExists(name))).toEqual([]);
  });

  it("names settings and metrics that exist", () => {
    const settings = matchesIn([text], /\b(PULSE_[A-Z0-9_]+)\b(?!…|\*)/g);
    expect(settings.filter((name) => !SETTINGS.has(name))).toEqual([]);
    expect(matchesIn(spans, /^(pulsemesh_\w+)$/g).filter((name) => !METRICS.includes(name))).toEqual([]);
  });
});

function matchesIn(texts: readonly string[], pattern: RegExp): string[] {
  return texts.flatMap((text) => [...text.matchAll(pattern)].map((match) => match[1] as string));
}

function namesIn(file: string, pattern: RegExp): string[] {
  return matchesIn([readFileSync(file, "utf8")], pattern);
}

function linkResolves(file: string, target: string): boolean {
  const [path = "", anchor] = target.split("#");
  const linked = path === "" ? file : join(dirname(file), path);
  if (!existsSync(linked)) return false;
  return anchor === undefined || anchorsOf(readDocument(linked)).includes(anchor);
}

/** The anchors that GitHub makes of a document's headings, and those it names itself. */
function anchorsOf(text: string): string[] {
  const headings = matchesIn([text.replaceAll(/^```.*?^```$/gms, "")], /^#+ (.+)$/gm);
  const slugs = headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
  return [...slugs, ...matchesIn([text], /<a id="([^"]+)">/g)];
}

/** Whether a name can only be a path of this repository. */
function isPath(name: string): boolean {
  if (!/^[\w.{][\w./*{},-]*$/.test(name) || name.includes("NAME")) return false;
  const [first = ""] = name.split("/");
  return (name.includes("/") && TOP_LEVEL.has(first)) || /^[\w./-]+\.(?:ts|tsx|md|cql|sh)$/.test(name);
}

function pathExists(name: string): boolean {
  if (FILES.some((file) => `/${file}`.endsWith(`/${name}`))) return true;
  // A pattern, a folder, or what a test's path begins with.
  return globSync(/\.\w+$/.test(name) ? name : `${name}*`).length > 0;
}
