import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
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

const ARGS = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // One process draws all pages. By default each visit of another site starts one, for half a second of CPU.
  "--renderer-process-limit=1",
  "--disable-site-isolation-trials",
  // Chromium's sandbox does not start as root, which CI's containers run as.
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
];

export async function openBrowser(): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), "pulse-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: found as string,
    headless: true,
    viewport: { width: 1280, height: 800 },
    // The CPU draws each frame of an animation, and a colour in the middle of one has a contrast that no reader meets.
    reducedMotion: "reduce",
    args: ARGS,
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

/** A Chromium whose tabs are hidden behind the front one, as a person's are: Playwright's own count as shown, all of them. */
export async function openTabs(): Promise<{ context: BrowserContext; close(): Promise<void> }> {
  const profile = await mkdtemp(join(tmpdir(), "pulse-tabs-"));
  const args = ["--headless", "--remote-debugging-port=0", `--user-data-dir=${profile}`, ...ARGS, "about:blank"];
  const child = spawn(found as string, args, { stdio: ["ignore", "ignore", "pipe"] });
  const closed = once(child, "close");
  let address: string | undefined;
  for await (const line of createInterface({ input: child.stderr })) {
    address = /^DevTools listening on (ws:\S+)/.exec(line)?.[1];
    if (address !== undefined) break;
  }
  if (address === undefined) throw new Error("Expected a Chromium that takes commands, got one that ended");
  child.stderr.resume();
  const browser = await chromium.connectOverCDP(address, { noDefaults: true });
  return {
    context: browser.contexts()[0] as BrowserContext,
    async close() {
      await browser.close();
      child.kill();
      await closed;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** The texts of all elements that match. */
export function textsOf(page: Page, selector: string): Promise<string[]> {
  return page.locator(selector).allTextContents();
}
