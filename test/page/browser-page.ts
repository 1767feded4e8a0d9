// For the page's tests: a platform and a browser for each file, and ways to fill and open the page.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { type Platform, startPlatform } from "../platform.ts";
import { type Browser, openBrowser } from "./chromium.ts";

export const PHONE = { width: 390, height: 844 };
export const DESK = { width: 1280, height: 800 };
export const MINUTE = 60_000;
const MAX_PICTURE_BYTES = 150_000;
/** The folder for pictures; `npm run screenshots` sets it. */
const PICTURES = process.env.PULSE_SCREENSHOTS;

// Set while the suite that called `startAll` runs.
export let platform: Platform;
export let browser: Browser;
export let page: Page;

/** Starts the browser before the suite that calls this, and ends it after it. */
export function startBrowser(): void {
  beforeAll(async () => {
    browser = await openBrowser();
    page = await browser.context.newPage();
    page.setDefaultTimeout(60_000);
  });
  afterAll(() => browser?.close());
}

/** Starts the platform and the browser before the suite that calls this, and ends them after it. */
export function startAll(): void {
  beforeAll(async () => {
    platform = await startPlatform();
  });
  afterAll(() => platform?.dispose());
  startBrowser();
}

/** Sends pulses, as a client does. */
export async function send(...pulses: object[]): Promise<void> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${platform.ingest}/pulse`, { method: "POST", headers, body: JSON.stringify(pulses) });
  expect(response.status, await response.text()).toBe(202);
}

/** Loads the page at a hash. */
export async function open(
  hash: string,
  { width, height } = DESK,
  colorScheme: "light" | "dark" = "dark",
): Promise<void> {
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme });
  await page.goto("about:blank");
  await page.goto(`${platform.query}/${hash}`);
}

/** Saves a picture of the page if PULSE_SCREENSHOTS names a folder. */
export async function picture(name: string, height?: number): Promise<void> {
  if (PICTURES === undefined) return;
  await mkdir(PICTURES, { recursive: true });
  await page.mouse.move(0, 0);
  await page.waitForTimeout(1500);
  const clip = height === undefined ? {} : { clip: { x: 0, y: 0, width: DESK.width, height } };
  const image = await page.screenshot({ path: join(PICTURES, `${name}.png`), ...clip });
  expect(image.byteLength, name).toBeLessThanOrEqual(MAX_PICTURE_BYTES);
}
