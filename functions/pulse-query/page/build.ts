// Makes the page's files from the sources under browser/. From sources, pulse-query makes them for the first reader. The
// image has neither browser/ nor esbuild: infra/bundle.ts makes the page's files beforehand.
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The page's files as text. */
export interface PageFiles {
  html: string;
  css: string;
  js: string;
}

/** Bundles the page. */
export async function buildPage(): Promise<PageFiles> {
  const folder = join(dirname(fileURLToPath(import.meta.url)), "browser");
  const { build, stop } = await import("esbuild");
  const { outputFiles } = await build({
    absWorkingDir: folder,
    entryPoints: { page: "main.tsx" },
    outdir: "out",
    write: false,
    bundle: true,
    minify: true,
    format: "esm",
    target: ["chrome120", "firefox120", "safari17.5"],
    tsconfig: join(folder, "tsconfig.json"),
    legalComments: "none",
    logLevel: "warning",
  });
  // esbuild's process would wait for another build.
  await stop();
  const textOf = (ending: string) => outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? "";
  return { html: await readFile(join(folder, "index.html"), "utf8"), css: textOf(".css"), js: textOf(".js") };
}
