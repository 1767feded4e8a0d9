import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";

const CANDIDATES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const found = process.env.CHROMIUM ?? CANDIDATES.find((path) => existsSync(path));

const REMEDY = "install Chromium (Debian: apt-get install chromium) or set CHROMIUM to its path";

/** Why the tests in a browser cannot run here. With CI=true that is a failure. */
export const noChromium: string | undefined = found === undefined ? `no Chromium: ${REMEDY}` : undefined;
if (noChromium !== undefined) {
  if (process.env.CI === "true") throw new Error(`Expected a Chromium, got none: ${REMEDY}`);
  console.warn(`skipped: ${noChromium}`);
}

/** A real Chromium with a new profile. */
export interface Browser {
  context: BrowserContext;
  /** Errors that a page threw, and errors in its console, such as breaches of its policy. */
  complaints: string[];
  close(): Promise<void>;
}

export async function openBrowser(): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), "pulse-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: found as string,
    headless: true,
    viewport: { width: 1280, height: 800 },
    args: [
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      // Chromium's sandbox does not start as root, which CI's containers run as.
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    ],
  });
  const complaints: string[] = [];
  context.on("weberror", (error) => complaints.push(String(error.error())));
  context.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  return {
    context,
    complaints,
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** The texts of all elements that match. */
export function textsOf(page: Page, selector: string): Promise<string[]> {
  return page.locator(selector).allTextContents();
}
