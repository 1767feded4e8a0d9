import { appendFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, describe, expect, it, vi } from "vitest";
import { SettingsError } from "../../settings/read.ts";
import { fileOf, folder, replace } from "../testing/token-files.ts";
import { openTokens, type Tokens } from "./token-file.ts";

const VARIABLE = "PULSE_ADMIN_TOKENS_FILE";
const said: string[] = [];
const errors: string[] = [];
const log = pino(
  {},
  {
    write(line: string) {
      const { msg, err } = JSON.parse(line);
      said.push(msg);
      if (err !== undefined) errors.push(err.message);
    },
  },
);
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

function open(file: string, lookEveryMs?: number): Tokens {
  const tokens = openTokens({ file, variable: VARIABLE }, log, lookEveryMs);
  closers.push(tokens.close);
  return tokens;
}

describe("tokens", () => {
  it("cover every service, listed services, or listed beginnings of names", () => {
    const tokens = open(fileOf("all-of-it *\n\n  scoped \t checkout  cart-* # a comment\n# only#a comment\r\n"));
    const coveredBy = (token: string) =>
      ["checkout", "checkout2", "cart-eu", "cart"].filter((name) => tokens.grantOf(`${token}`)?.covers(name));
    expect(coveredBy("all-of-it")).toEqual(["checkout", "checkout2", "cart-eu", "cart"]);
    expect(coveredBy("scoped")).toEqual(["checkout", "cart-eu"]);
    expect(tokens.grantOf("scoped")).toMatchObject({ coversAll: false, line: 3 });
    expect(tokens.grantOf("all-of-it")?.coversAll).toBe(true);
    expect([tokens.grantOf(undefined), tokens.grantOf("")]).toEqual([undefined, undefined]);
  });

  it("may hold a number sign, which begins a comment only before a word", () => {
    const tokens = open(fileOf("abc#def *\n"));
    expect(tokens.grantOf("abc#def")).toBeDefined();
    expect(tokens.grantOf("abc")).toBeUndefined();
  });

  it("must be at least one, in a readable file", () => {
    expect(() => openTokens({ file: fileOf("# none\n\n"), variable: VARIABLE }, log)).toThrow(
      /PULSE_ADMIN_TOKENS_FILE: Expected at least one token/,
    );
    expect(() => openTokens({ file: join(folder, "missing"), variable: VARIABLE }, log)).toThrow(
      /PULSE_ADMIN_TOKENS_FILE: Expected a file that can be read, got .*missing: there is none$/,
    );
  });

  it("name their services: a line without any is refused with its number, and later changes nothing", async () => {
    const file = fileOf("# who sends\ns3cret-token # for nobody\n");
    const refusal = `${VARIABLE}: ${file}, line 2: Expected a token and the services that it is for, got one word: write TOKEN * for every service`;
    expect(() => openTokens({ file, variable: VARIABLE }, log)).toThrow(new SettingsError(refusal));
    replace(file, "first cart\n");
    const tokens = open(file, 2);
    said.length = 0;
    replace(file, "first cart\ns3cret-token  \n");
    const warning = "tokens not read again: the former ones stay valid; empty the file to revoke them";
    await vi.waitFor(() => expect(said.filter((line) => line === warning).length).toBeGreaterThan(1));
    expect(errors.at(-1)).toBe(refusal);
    expect(tokens.grantOf("first")?.covers("cart")).toBe(true);
    expect(tokens.grantOf("s3cret-token")).toBeUndefined();
  });

  it.each([
    ["a carriage return", "\r"],
    ["a form feed", "\f"],
    ["a next line", "\u0085"],
    ["a line separator", "\u2028"],
    ["a paragraph separator", "\u2029"],
  ])("take nothing for a service that %s parts from them, where an editor shows another line", (_, separator) => {
    for (const text of [`a cart${separator}b *`, `# of the shop${separator}b *`, `a cart ${separator}`]) {
      const file = fileOf(`first cart\r\n${text}\r\n`);
      const refusal = `${VARIABLE}: ${file}, line 2: Expected words between spaces or tabs, got a control character or a line separator`;
      expect(() => openTokens({ file, variable: VARIABLE }, log)).toThrow(new SettingsError(refusal));
    }
  });

  it.each([
    ["a currency sign", "s3cret-€"],
    ["a letter with an accent", "s3crét"],
    ["a space of no width", "s3cret\u200b"],
  ])("are in printable ASCII: one with %s, which no header takes, is refused with its line", (_, token) => {
    const file = fileOf(`# who sends: Zoë\nfirst cart\n${token} *\n`);
    const refusal = `${VARIABLE}: ${file}, line 3: Expected a token in printable ASCII, as a header takes it, got another character: openssl rand -hex 32 makes one`;
    expect(() => openTokens({ file, variable: VARIABLE }, log)).toThrow(new SettingsError(refusal));
  });

  it("are read again when the file changes, and all revoked when it has none", async () => {
    const file = fileOf("old *\n");
    const tokens = open(file, 10);
    replace(file, "new *\n");
    await vi.waitFor(() => expect(tokens.grantOf("new")).toBeDefined());
    expect(tokens.grantOf("old")).toBeUndefined();
    replace(file, "# nothing\n");
    await vi.waitFor(() => expect(tokens.grantOf("new")).toBeUndefined());
    expect(said).toContain("tokens read again: the file has none, and all are revoked");
    replace(file, "back *\n");
    await vi.waitFor(() => expect(tokens.grantOf("back")).toBeDefined());
    replace(file, "");
    await vi.waitFor(() => expect(tokens.grantOf("back")).toBeUndefined());
  });

  it("stay while the file is away, and the log goes on saying so", async () => {
    const file = fileOf("stays *\n");
    const tokens = open(file, 2);
    said.length = 0;
    rmSync(file);
    const warning = "tokens not read again: the former ones stay valid; empty the file to revoke them";
    await vi.waitFor(() => expect(said.filter((line) => line === warning).length).toBeGreaterThan(1));
    expect(tokens.grantOf("stays")).toBeDefined();
    writeFileSync(file, "new *\n");
    await vi.waitFor(() => expect(tokens.grantOf("stays")).toBeUndefined());
    expect(tokens.grantOf("new")).toBeDefined();
  });

  it("count once their line is finished, so that none is known without its services", async () => {
    const file = fileOf("whole cart\nhalf ");
    said.length = 0;
    const tokens = open(file, 10);
    expect(said).toEqual(["the last line of the tokens is not read: it does not end with a newline"]);
    expect(tokens.grantOf("whole")).toBeDefined();
    expect(tokens.grantOf("half")).toBeUndefined();
    appendFileSync(file, "cart\n");
    await vi.waitFor(() => expect(tokens.grantOf("half")).toBeDefined());
    expect(tokens.grantOf("half")?.covers("checkout")).toBe(false);
    expect(() => openTokens({ file: fileOf("half "), variable: VARIABLE }, log)).toThrow(
      /on a line that ends with a newline/,
    );
  });
});
