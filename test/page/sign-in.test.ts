// Signing in on the page, in a real Chromium: a reader's token shows the services, an admin's replays.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Platform, startPlatform } from "../platform.ts";
import { faultsOf } from "./accessibility.ts";
import { type Browser, noChromium, openBrowser } from "./chromium.ts";

const folder = mkdtempSync(join(tmpdir(), "pulse-sign-in-"));
const title = noChromium === undefined ? "the page" : `the page (skipped: ${noChromium})`;
let platform: Platform;
let browser: Browser;
let page: Page;

async function signIn(token: string): Promise<void> {
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
}

describe.skipIf(noChromium !== undefined)(title, () => {
  const tokensFile = (name: string) => join(folder, name);
  beforeAll(async () => {
    writeFileSync(tokensFile("readers"), "a-reader *\n");
    writeFileSync(tokensFile("admins"), "an-admin *\n");
    const env = { PULSE_READ_TOKENS_FILE: tokensFile("readers"), PULSE_ADMIN_TOKENS_FILE: tokensFile("admins") };
    [platform, browser] = await Promise.all([startPlatform(env), openBrowser()]);
    page = await browser.context.newPage();
    page.setDefaultTimeout(30_000);
    const send = (url: string, headers: Record<string, string>, body: object) =>
      fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
    const json = { "content-type": "application/json" };
    const pulse = { service_name: "checkout", latency_ms: 1, status: "ok" };
    expect((await send(`${platform.ingest}/pulse`, json, pulse)).status).toBe(202);
    const event = { "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/a", "ce-type": "dev.pulsemesh.pulse.v1" };
    expect((await send(platform.deadletter, { ...json, ...event }, pulse)).status).toBe(204);
  });
  afterAll(async () => {
    await browser?.close();
    await platform?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  it("asks for a token, says when it is unknown, and shows the services to a reader", async () => {
    await page.goto(platform.query);
    await page.getByText("Reading needs a token.").waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await signIn("not-a-token");
    await page.getByText("Expected a known token.").waitFor();
    await signIn("a-reader");
    await page.locator(".tile", { hasText: "checkout" }).waitFor();
    expect(await page.evaluate("document.cookie")).toBe("");
    await page.reload();
    await page.locator(".connection[data-state=live]").waitFor();
  });

  it("lets a reader see dead letters, and only an admin replay one", async () => {
    await page.goto(`${platform.query}/#/dead-letters`);
    const replay = page.getByRole("button", { name: "Replay", exact: true });
    await replay.click();
    await page.getByText("got one that may only read").waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByText("Reading needs a token.").waitFor();
    await signIn("an-admin");
    await replay.click();
    await page.getByText("Sent to the broker.").waitFor();
    expect(await faultsOf(page)).toEqual([]);
  });

  it("lets an admin retire a service and bring it back, at the keyboard, and tells a reader who may", async () => {
    await page.goto(`${platform.query}/#/services/checkout`);
    await page.getByRole("button", { name: "Retire…" }).press("Enter");
    const dialog = page.getByRole("dialog", { name: "Retire checkout?" });
    await dialog.waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    expect(await page.getByRole("button", { name: "Retire…" }).evaluate((it) => it === document.activeElement)).toBe(
      true,
    );
    await page.keyboard.press("Enter");
    await dialog.getByRole("button", { name: "Retire", exact: true }).press("Enter");
    await page.getByText("It is retired.", { exact: true }).waitFor();
    await page.locator(".tag", { hasText: "retired" }).waitFor({ timeout: 60_000 });
    await page.getByRole("button", { name: "Sign out" }).click();
    await signIn("a-reader");
    await page.getByRole("button", { name: "Bring it back" }).click();
    await page
      .getByText("Nothing has changed. Expected a token of PULSE_ADMIN_TOKENS_FILE, got one that may")
      .waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await signIn("an-admin");
    await page.getByRole("button", { name: "Bring it back" }).press("Enter");
    await page.getByText("It is back, unless the file of settings retires it.").waitFor();
    await page.getByRole("button", { name: "Retire…" }).waitFor();
    expect(await faultsOf(page)).toEqual([]);
  });

  it("lets an admin begin maintenance and end it, with the reason for all to see, and tells a reader who may", async () => {
    const button = page.getByRole("button", { name: "Maintenance…" });
    const dialog = page.getByRole("dialog", { name: "Maintenance of checkout" });
    const begin = async (reason: string) => {
      await button.press("Enter");
      await dialog.getByLabel("Reason").fill(reason);
      await page.keyboard.press("Enter");
    };
    await button.press("Enter");
    await dialog.waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await dialog.getByLabel("Until").fill("2026-01-01T00:00");
    await dialog.getByLabel("Reason").fill("the disk is replaced");
    await page.keyboard.press("Enter");
    await page.getByText("Nothing has changed. Expected a time after from").waitFor();
    await begin("the disk is replaced");
    await page.getByText("It is in maintenance.", { exact: true }).waitFor();
    await page.locator(".change", { hasText: /Work until .*: the disk is replaced/ }).waitFor();
    await page.locator(".tag", { hasText: "in maintenance" }).waitFor({ timeout: 60_000 });
    expect(await faultsOf(page)).toEqual([]);
    await page.getByRole("button", { name: "Sign out" }).click();
    await signIn("a-reader");
    await page.locator(".change", { hasText: /Work until .*: the disk is replaced/ }).waitFor();
    await begin("a reader's");
    await page.getByText("Nothing has changed. Expected a token of PULSE_ADMIN_TOKENS_FILE").waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await signIn("an-admin");
    await page.getByRole("button", { name: "End maintenance" }).press("Enter");
    await page.getByText("It is over, unless the file of settings plans it.").waitFor();
    await page.getByRole("button", { name: "End maintenance" }).waitFor({ state: "detached" });
    await page.locator(".tag", { hasText: "in maintenance" }).waitFor({ state: "detached", timeout: 60_000 });
  });

  it("asks for a token again once this one is revoked", async () => {
    await page.goto(`${platform.query}/#/`);
    await page.locator(".tile").first().waitFor();
    writeFileSync(tokensFile("admins"), "another-admin *\n");
    await page.getByText("Reading needs a token.").waitFor();
  });
});
