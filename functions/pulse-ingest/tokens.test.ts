import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { openRawConnection, rawRequest } from "../../http/testing/raw-connection.ts";
import { openBroker } from "../testing/broker.ts";
import { openFunctionHost } from "../testing/function-host.ts";
import { compose } from "./compose.ts";
import { openTokens, type Tokens } from "./tokens.ts";

const folder = mkdtempSync(join(tmpdir(), "pulse-tokens-"));
const said: string[] = [];
const log = pino({}, { write: (line: string) => void said.push(JSON.parse(line).msg) });
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function fileOf(text: string): string {
  const file = join(folder, `${++files}.txt`);
  writeFileSync(file, text);
  return file;
}

function open(file: string, lookEveryMs?: number): Tokens {
  const tokens = openTokens(file, log, lookEveryMs);
  closers.push(tokens.close);
  return tokens;
}

/** Replaces a file in one step, as Kubernetes replaces a Secret. */
function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

describe("tokens", () => {
  it("may send for every service, for listed services, or for listed beginnings of names", () => {
    const tokens = open(fileOf("all-of-it\n\n  scoped \t checkout  cart-* # a comment\n# only#a comment\r\n"));
    const maySend = (token: string) =>
      ["checkout", "checkout2", "cart-eu", "cart"].filter((name) => tokens.grantOf(`Bearer ${token}`)?.maySend(name));
    expect(maySend("all-of-it")).toEqual(["checkout", "checkout2", "cart-eu", "cart"]);
    expect(maySend("scoped")).toEqual(["checkout", "cart-eu"]);
  });

  it("may hold a number sign, which begins a comment only before a word", () => {
    const tokens = open(fileOf("abc#def\n"));
    expect(tokens.grantOf("Bearer abc#def")).toBeDefined();
    expect(tokens.grantOf("Bearer abc")).toBeUndefined();
  });

  it.each([
    [undefined],
    [""],
    ["Bearer"],
    ["Bearer "],
    ["Bearer other"],
    ["Basic known"],
    ["known"],
    ["Bearer known x"],
  ])("are not found in %j", (authorization) => {
    expect(open(fileOf("known\n")).grantOf(authorization)).toBeUndefined();
  });

  it("are found with the scheme in any letter case", () => {
    expect(open(fileOf("known\n")).grantOf("bearer  known")).toBeDefined();
  });

  it("must be at least one, in a readable file", () => {
    expect(() => openTokens(fileOf("# none\n\n"), log)).toThrow(
      /PULSE_INGEST_TOKENS_FILE: Expected at least one token/,
    );
    expect(() => openTokens(join(folder, "missing"), log)).toThrow(
      /PULSE_INGEST_TOKENS_FILE: Expected a file that can be read, got .*missing: there is none$/,
    );
  });

  it("are read again when the file changes, and all revoked when it has none", async () => {
    const file = fileOf("old\n");
    const tokens = open(file, 10);
    replace(file, "new\n");
    await vi.waitFor(() => expect(tokens.grantOf("Bearer new")).toBeDefined());
    expect(tokens.grantOf("Bearer old")).toBeUndefined();
    replace(file, "# nothing\n");
    await vi.waitFor(() => expect(tokens.grantOf("Bearer new")).toBeUndefined());
    expect(said).toContain("tokens read again: the file has none, and nobody may send");
    replace(file, "back\n");
    await vi.waitFor(() => expect(tokens.grantOf("Bearer back")).toBeDefined());
    replace(file, "");
    await vi.waitFor(() => expect(tokens.grantOf("Bearer back")).toBeUndefined());
  });

  it("stay while the file is away, and the log goes on saying so", async () => {
    const file = fileOf("stays\n");
    const tokens = open(file, 2);
    said.length = 0;
    rmSync(file);
    const warning = "tokens not read again: the former ones stay valid; empty the file to revoke them";
    await vi.waitFor(() => expect(said.filter((line) => line === warning).length).toBeGreaterThan(1));
    expect(tokens.grantOf("Bearer stays")).toBeDefined();
    writeFileSync(file, "new\n");
    await vi.waitFor(() => expect(tokens.grantOf("Bearer stays")).toBeUndefined());
    expect(tokens.grantOf("Bearer new")).toBeDefined();
  });

  it("count once their line is finished, so that none is known without its services", async () => {
    const file = fileOf("whole cart\nhalf ");
    said.length = 0;
    const tokens = open(file, 10);
    expect(said).toEqual(["the last line of the tokens is not read: it does not end with a newline"]);
    expect(tokens.grantOf("Bearer whole")).toBeDefined();
    expect(tokens.grantOf("Bearer half")).toBeUndefined();
    appendFileSync(file, "cart\n");
    await vi.waitFor(() => expect(tokens.grantOf("Bearer half")).toBeDefined());
    expect(tokens.grantOf("Bearer half")?.maySend("checkout")).toBe(false);
    expect(() => openTokens(fileOf("half "), log)).toThrow(/on a line that ends with a newline/);
  });
});

describe("pulse-ingest with tokens", () => {
  const PULSE = JSON.stringify({ service_name: "checkout", latency_ms: 1, status: "ok" });

  async function openIngest(file: string) {
    const broker = await openBroker();
    closers.push(broker.close);
    const host = await openFunctionHost(compose, { K_SINK: broker.url, PULSE_INGEST_TOKENS_FILE: file });
    closers.push(host.close);
    return { host, broker };
  }

  it("answers 401 with a challenge before it reads the body, 403 for another service, and 202", async () => {
    const { host, broker } = await openIngest(fileOf("good checkout\nother cart\n"));
    const post = async (headers: Record<string, string>) => {
      const connection = await openRawConnection(host.port);
      closers.push(() => connection.socket.destroy());
      connection.send(rawRequest("POST /pulse", headers, PULSE));
      return connection.answer();
    };
    const anonymous = await post({ "content-length": "1000000" });
    expect(anonymous.status).toBe(401);
    expect(anonymous.headers["www-authenticate"]).toBe('Bearer realm="pulsemesh"');
    const wrong = await post({ authorization: "Bearer bad-secret" });
    expect(wrong.status).toBe(401);
    expect(wrong.headers["www-authenticate"]).toBe('Bearer realm="pulsemesh", error="invalid_token"');
    expect(wrong.body).not.toContain("bad-secret");
    const foreign = await post({ authorization: "Bearer other" });
    expect([foreign.status, foreign.headers["content-type"]]).toEqual([403, "application/problem+json"]);
    expect(broker.received).toHaveLength(0);
    expect((await post({ authorization: "Bearer good" })).status).toBe(202);
    expect(JSON.stringify(host.lines)).not.toMatch(/bad-secret|Bearer/);
  });

  it("refuses a token that was revoked while the body arrived", async () => {
    const file = fileOf("revoked cart\nstays\n");
    const { host, broker } = await openIngest(file);
    const connection = await openRawConnection(host.port);
    closers.push(() => connection.socket.destroy());
    const headers = { authorization: "Bearer revoked", "content-length": String(PULSE.length) };
    connection.send(rawRequest("POST /pulse", headers, PULSE.slice(0, 10)));
    replace(file, "stays\n");
    await vi.waitFor(() => expect(host.lines.map(({ msg }) => msg)).toContain("tokens read again"));
    connection.send(PULSE.slice(10));
    expect((await connection.answer()).status).toBe(401);
    expect(broker.received).toHaveLength(0);
  });
});
