import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Logger } from "../log.ts";

/** The services for which a token may send: all, or those that match. */
export interface Grant {
  maySend(service: string): boolean;
}

export interface Tokens {
  /** The grant of an `Authorization` header; `undefined` for a header without a known bearer token. */
  grantOf(authorization: string | undefined): Grant | undefined;
  close(): void;
}

interface Entry {
  digest: Buffer;
  grant: Grant;
}

const LOOK_EVERY_MS = 2000;

/**
 * Bearer tokens from a file: one a line, each optionally followed by the services it may send for; `#` begins a comment.
 * When the file changes, as in the rotation of a Kubernetes Secret, it is read again; if that fails, the log says so and
 * the former tokens stay.
 * @throws when, at the start, the file cannot be read or holds no token.
 */
export function openTokens(file: string, log: Logger, lookEveryMs = LOOK_EVERY_MS): Tokens {
  let seen: string | undefined = readFileSync(file, "utf8");
  let entries = entriesOf(seen, file);
  // Compares the content: fs.watchFile begins with a stat, and misses a change before that.
  const timer = setInterval(() => {
    const before = seen;
    try {
      seen = undefined;
      seen = readFileSync(file, "utf8");
      if (seen === before) return;
      entries = entriesOf(seen, file);
      log.info({ tokens: entries.length }, "tokens read again");
    } catch (error) {
      // A missing file is logged once.
      if (seen !== before) log.error({ err: error }, "tokens not read again: the former ones stay");
    }
  }, lookEveryMs).unref();
  return {
    grantOf(authorization) {
      const token = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
      if (token === undefined) return undefined;
      const digest = digestOf(token);
      let grant: Grant | undefined;
      // Every entry is compared, each in constant time: the duration tells neither which entry matches nor how far.
      for (const entry of entries) if (timingSafeEqual(entry.digest, digest)) grant = entry.grant;
      return grant;
    },
    close: () => clearInterval(timer),
  };
}

function entriesOf(text: string, file: string): Entry[] {
  const entries: Entry[] = [];
  for (const line of text.split("\n")) {
    // A `#` inside a word begins no comment: it would silently cut a token short.
    const [token, ...services] = line
      .replace(/(?:^|\s)#.*/, "")
      .trim()
      .split(/\s+/);
    if (token) entries.push({ digest: digestOf(token), grant: grantFor(services) });
  }
  if (entries.length === 0) {
    throw new Error(`PULSE_INGEST_TOKENS_FILE: Expected at least one token in ${file}, got none`);
  }
  return entries;
}

function grantFor(services: readonly string[]): Grant {
  if (services.length === 0) return { maySend: () => true };
  const exact = new Set(services.filter((service) => !service.endsWith("*")));
  const prefixes = services.filter((service) => service.endsWith("*")).map((service) => service.slice(0, -1));
  return { maySend: (service) => exact.has(service) || prefixes.some((prefix) => service.startsWith(prefix)) };
}

function digestOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
