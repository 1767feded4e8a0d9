import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync, unwatchFile, watchFile } from "node:fs";
import type { Logger } from "../log.ts";

/** What a token may do: send for every service, or for those that match. */
export interface Grant {
  maySend(service: string): boolean;
}

export interface Tokens {
  /** The grant of an `Authorization` header, `undefined` when it holds no known bearer token. */
  grantOf(authorization: string | undefined): Grant | undefined;
  close(): void;
}

interface Entry {
  digest: Buffer;
  grant: Grant;
}

const WATCH_INTERVAL_MS = 2000;

/**
 * Bearer tokens from a file: one a line, each optionally followed by the services it may send for; `#` begins a comment.
 * The file is read again when it changes, as it does when a Kubernetes Secret is rotated; a fault in it then is logged
 * and the former tokens stay.
 * @throws when the file cannot be read or holds no token at start.
 */
export function openTokens(file: string, log: Logger): Tokens {
  let entries = readEntries(file);
  watchFile(file, { interval: WATCH_INTERVAL_MS, persistent: false }, () => {
    try {
      entries = readEntries(file);
      log.info({ tokens: entries.length }, "tokens read again");
    } catch (error) {
      log.error({ err: error }, "tokens not read again: the former ones stay");
    }
  });
  return {
    grantOf(authorization) {
      const token = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
      if (token === undefined) return undefined;
      const digest = digestOf(token);
      let grant: Grant | undefined;
      // Every entry is compared, each in constant time: neither which one matches nor how far is to be timed.
      for (const entry of entries) if (timingSafeEqual(entry.digest, digest)) grant = entry.grant;
      return grant;
    },
    close: () => unwatchFile(file),
  };
}

function readEntries(file: string): Entry[] {
  const entries: Entry[] = [];
  for (const line of readFileSync(file, "utf8").split("\n")) {
    // Inside a word it is no comment: a token would silently be cut to a shorter one.
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
