// The example of docs/security.md: oauth2-proxy before pulse-query, with an OpenID provider, a person at a real browser, and the
// person's name in the log of changes. oauth2-proxy comes from its Go module, the provider from npm; both stay in a temporary folder.
import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { postEvent } from "../../functions/testing/post-event.ts";
import { freePort } from "../../settings/tcp-ports.ts";
import { type Browser, noChromium, openBrowser } from "../page/chromium.ts";
import { type Platform, startPlatform, until } from "../platform.ts";

const PROXY = "github.com/oauth2-proxy/oauth2-proxy/v7@v7.15.6";
const PROVIDER = "oidc-provider@9.13.3";
const TOKEN = "0123456789abcdef0123456789abcdef";

const folder = mkdtempSync(join(tmpdir(), "pulsemesh-oidc-"));
const children: ReturnType<typeof spawn>[] = [];
let platform: Platform;
let browser: Browser;
let proxy: string;

function start(program: string, args: readonly string[]): void {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", () => undefined);
}

const isUp = (url: string) => () =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );

beforeAll(async () => {
  execFileSync("npm", ["install", "--silent", "--prefix", folder, PROVIDER]);
  execFileSync("go", ["install", PROXY], { env: { ...process.env, GOBIN: folder } });
  const tokens = join(folder, "admins");
  writeFileSync(tokens, `${TOKEN} *\n`);
  platform = await startPlatform({ PULSE_ADMIN_TOKENS_FILE: tokens, PULSE_USER_HEADER: "x-forwarded-email" });

  const [providerPort, proxyPort] = [await freePort(), await freePort()];
  const issuer = `http://127.0.0.1:${providerPort}`;
  proxy = `http://127.0.0.1:${proxyPort}`;
  copyFileSync("test/oidc/provider.mjs", join(folder, "provider.mjs"));
  start(process.execPath, [join(folder, "provider.mjs"), String(providerPort), `${proxy}/oauth2/callback`]);
  await until("the provider", isUp(`${issuer}/.well-known/openid-configuration`));
  start(join(folder, "oauth2-proxy"), [
    "--provider=oidc",
    `--oidc-issuer-url=${issuer}`,
    "--client-id=pulsemesh",
    "--client-secret=client-secret",
    "--code-challenge-method=S256",
    "--email-domain=example.com",
    `--upstream=${platform.query}`,
    `--http-address=127.0.0.1:${proxyPort}`,
    `--redirect-url=${proxy}/oauth2/callback`,
    `--cookie-secret=${"0123456789abcdef".repeat(2)}`,
    "--cookie-secure=false", // no TLS in this test
    "--skip-provider-button",
    "--pass-basic-auth=false",
    "--pass-user-headers",
  ]);
  await until("the proxy", isUp(`${proxy}/ping`));
  if (noChromium === undefined) browser = await openBrowser();
}, 600_000);

afterAll(async () => {
  await browser?.close();
  for (const child of children) child.kill();
  await platform?.dispose();
  rmSync(folder, { recursive: true });
});

describe.skipIf(noChromium !== undefined)(
  `oauth2-proxy${noChromium === undefined ? "" : ` (skipped: ${noChromium})`}`,
  () => {
    it("lets nobody in who has not signed in", async () => {
      const answer = await fetch(`${proxy}/services`, { redirect: "manual" });
      expect([answer.status, answer.headers.get("location")]).toEqual([302, expect.stringContaining("/auth?")]);
    });

    it("shows the page and its live stream to who has signed in, and the log names who replays", async () => {
      const headers = { "content-type": "application/json" };
      const pulse = { service_name: "checkout", latency_ms: 1, status: "ok" };
      await fetch(`${platform.ingest}/pulse`, { method: "POST", headers, body: JSON.stringify(pulse) });
      expect((await postEvent(platform.broker, {}, { ...pulse, latency_ms: "slow" })).status).toBe(202);
      let id = "";
      await until("a dead letter", async () => {
        const list = (await (await fetch(`${platform.deadletter}/dead-letters`)).json()) as {
          dead_letters: { id: string }[];
        };
        id = list.dead_letters[0]?.id ?? "";
        return id !== "";
      });

      const page = await browser.context.newPage();
      await page.goto(proxy);
      await page.locator('[name="login"]').fill("ada");
      await page.locator('[name="password"]').fill("any");
      await page.locator('button[type="submit"]').click();
      await page.locator("button", { hasText: /continue/i }).click();
      await page.locator(".tile", { hasText: "checkout" }).waitFor();
      expect(page.url()).toMatch(new RegExp(`^${proxy}/`));

      const statuses = await page.evaluate(
        async ([token, deadLetter, corrected]) => {
          const headers = { "content-type": "application/json" };
          const post = async (path: string, body: string, more = {}) =>
            (await fetch(path, { method: "POST", headers: { ...headers, ...more }, body })).status;
          const replay = `dead-letters/${deadLetter}/replay`;
          return [
            await post(replay, corrected),
            await post("sign-in", JSON.stringify({ token })),
            // A name that the browser makes up does not reach pulse-query.
            await post(replay, corrected, { "x-forwarded-email": "boss@example.com" }),
          ];
        },
        [TOKEN, id, JSON.stringify(pulse)] as const,
      );
      expect(statuses).toEqual([401, 204, 202]);
      await until("the log to name who replayed", () =>
        platform.lines.some((line) => line.includes("dead letter replayed")),
      );
      const line = platform.lines.find((one) => one.includes("dead letter replayed"));
      expect(JSON.parse(line as string).by).toEqual({ user: "ada@example.com", tokenLine: 1 });
      expect(platform.lines.some((one) => one.includes("boss@"))).toBe(false);
    });
  },
);
