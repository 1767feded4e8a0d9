import { createHash, timingSafeEqual } from "node:crypto";
import { SettingsError } from "../../settings/read.ts";
import { type NamedFile, rereadFile } from "../../settings/reread-file.ts";
import { matchesAll, matchOf } from "../../settings/service-patterns.ts";
import { TOKEN_FORM } from "../../settings/token-form.ts";
import type { Logger } from "../log.ts";

/** The services that a token is for. */
export interface Grant {
  covers(service: string): boolean;
  /** Whether it covers every service. */
  coversAll: boolean;
  /** The line of its token in the file, from 1: log lines name it, and never the token. */
  line?: number;
  /** Tells tokens apart where clients share something, and does not tell what they are. */
  sender?: string;
}

export interface Tokens {
  /** The grant of a token; `undefined` for an unknown one, and for none. */
  grantOf(token: string | undefined): Grant | undefined;
  close(): void;
}

interface Entry {
  digest: Buffer;
  grant: Grant;
}

/** The grant where nobody needs a token. */
export const EVERY_SERVICE: Grant = { covers: () => true, coversAll: true };

/**
 * Bearer tokens from a file: one a line, each followed by the services it is for, `*` for all; `#` begins a comment. A line without
 * services is a fault of the file: a script whose variable is empty would open all. So is one with a control character, and a token
 * that no client can show.
 * A line counts once it ends with a newline: the beginning of a line that is still being written could lack its services.
 * When the file changes, as in the rotation of a Kubernetes Secret, it is read again. A file without a token revokes all.
 * While there is no file that can be read, or it has a fault, the former tokens stay, and the log says so again and again.
 * @throws {SettingsError} when, at the start, the file cannot be read, has a fault or holds no token.
 */
export function openTokens({ file, variable }: NamedFile, log: Logger, lookEveryMs?: number): Tokens {
  const tokens = rereadFile({
    file,
    variable,
    lookEveryMs,
    parse(text) {
      warnOfUnfinished(text);
      return entriesOf(text, { file, variable });
    },
    onRead(entries) {
      if (entries.length === 0) log.error({ variable }, "tokens read again: the file has none, and all are revoked");
      else log.info({ variable, tokens: entries.length }, "tokens read again");
    },
    onFailure: (error) =>
      log.error(
        { err: error, variable },
        "tokens not read again: the former ones stay valid; empty the file to revoke them",
      ),
  });
  if (tokens.value.length === 0) {
    tokens.close();
    throw new SettingsError(
      `${variable}: Expected at least one token in ${file}, on a line that ends with a newline, got none`,
    );
  }

  function warnOfUnfinished(text: string): void {
    if (/[^\n]$/.test(text)) {
      log.warn({ variable }, "the last line of the tokens is not read: it does not end with a newline");
    }
  }

  return {
    grantOf(token) {
      if (token === undefined) return undefined;
      const digest = digestOf(token);
      let grant: Grant | undefined;
      // Every entry is compared, each in constant time: the duration tells neither which entry matches nor how far.
      for (const entry of tokens.value) if (timingSafeEqual(entry.digest, digest)) grant = entry.grant;
      return grant;
    },
    close: tokens.close,
  };
}

/** What an editor may show as the beginning of a line, or not at all: the services of a line behind it would be this one's. */
const OTHER_LINES = /[^\P{Cc}\t]|[\p{Zl}\p{Zp}]/u;

function entriesOf(text: string, { file, variable }: NamedFile): Entry[] {
  const entries: Entry[] = [];
  // What follows the last newline is not finished.
  for (const [i, line] of text.split("\n").slice(0, -1).entries()) {
    const fault = (expected: string) => new SettingsError(`${variable}: ${file}, line ${i + 1}: Expected ${expected}`);
    if (OTHER_LINES.test(line.replace(/\r$/, "")))
      throw fault("words between spaces or tabs, got a control character or a line separator");
    // A `#` inside a word begins no comment: it would silently cut a token short.
    const [token, ...services] = line
      .replace(/(?:^|\s)#.*/, "")
      .trim()
      .split(/\s+/);
    if (!token) continue;
    if (services.length === 0) {
      throw fault("a token and the services that it is for, got one word: write TOKEN * for every service");
    }
    if (!TOKEN_FORM.test(token)) {
      throw fault(
        "a token in printable ASCII, as a header takes it, got another character: openssl rand -hex 32 makes one",
      );
    }
    entries.push(entryOf(token, services, i + 1));
  }
  return entries;
}

function entryOf(token: string, services: readonly string[], line: number): Entry {
  const digest = digestOf(token);
  const reach = matchesAll(services) ? EVERY_SERVICE : { covers: matchOf(services), coversAll: false };
  return { digest, grant: { ...reach, line, sender: digest.toString("hex") } };
}

function digestOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
