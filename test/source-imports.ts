// The project's sources and what each of them imports, read from their text.
import { globSync, readFileSync } from "node:fs";
import { basename, dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync } from "oxc-parser";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const NOT_OURS = ["node_modules", "dist", "coverage", "cdktf.out"];

export interface Source {
  /** Relative to the root, with "/". */
  file: string;
  text: string;
}

export interface SourceImports {
  file: string;
  /** As the source writes them, static and dynamic; types count as well as values. */
  specifiers: string[];
  /** The files that relative specifiers name, relative to the root. */
  targets: string[];
  /** Whether it has an `export * from`. */
  isBarrel: boolean;
}

export function projectSources(): Source[] {
  const files = globSync("**/*.{ts,tsx}", {
    cwd: ROOT,
    exclude: (path) => NOT_OURS.includes(basename(path)) || /^\.[^/]/.test(path),
  });
  return files.map((file) => ({ file: file.replaceAll("\\", "/"), text: readFileSync(join(ROOT, file), "utf8") }));
}

export function importsOf({ file, text }: Source): SourceImports {
  const { module, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const entries = module.staticExports.flatMap((one) => one.entries);
  const names = [
    ...module.staticImports.map((one) => one.moduleRequest.value),
    ...entries.map((entry) => entry.moduleRequest?.value),
    ...module.dynamicImports.map(({ moduleRequest: { start, end } }) => literalOf(text.slice(start, end))),
  ];
  const specifiers = [...new Set(names.filter((name) => name !== undefined))];
  const relative = specifiers.filter((name) => name.startsWith("."));
  return {
    file,
    specifiers,
    targets: relative.map((name) => posix.normalize(posix.join(dirname(file), name))),
    isBarrel: entries.some((entry) => entry.importName.kind === "AllButDefault"),
  };
}

// `import(name)` with a computed name says nothing that a test could check.
function literalOf(expression: string): string | undefined {
  return /^(["'`])([^"'`$]*)\1$/.exec(expression)?.[2];
}

/** The files that a process loads whose entry is `entry`. */
export function filesLoadedBy(entry: string, sources: readonly Source[]): string[] {
  const byFile = new Map(sources.map((source) => [source.file, source]));
  const loaded = new Set([entry]);
  for (const file of loaded) {
    const source = byFile.get(file);
    if (source !== undefined) for (const target of importsOf(source).targets) loaded.add(target);
  }
  return [...loaded];
}
