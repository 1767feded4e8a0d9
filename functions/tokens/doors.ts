// Who may do what with a function: a door is one right. token-file.ts reads the tokens, guarded-routes.ts puts routes behind a door.
import type { IncomingHttpHeaders } from "node:http";
import { isLoopback } from "../../http/listening.ts";
import type { HttpReply } from "../../http/route.ts";
import type { DoorSettings } from "../../settings/door-settings.ts";
import type { Logger } from "../log.ts";
import { credentialOf } from "./credential.ts";
import { forbidden, unauthorized } from "./refusals.ts";
import { EVERY_SERVICE, type Grant, openTokens, type Tokens } from "./token-file.ts";

/** One right, such as the right to change something. */
export interface Door {
  /** Decides by the headers alone: 401 without a known token, 403 for a token without this right, or where nobody has it. */
  admit(headers: IncomingHttpHeaders): HttpReply | undefined;
  /** The services that an admitted request may reach; `undefined` once its token is revoked. */
  grantOf(headers: IncomingHttpHeaders): Grant | undefined;
}

/** The doors of a function. pulse-ingest's door for senders is in its handler.ts, where it costs least. */
export interface Doors {
  /** To read pulses, dead letters and metrics. */
  read: Door;
  /** To replay and correct dead letters, and to remove, retire, maintain and mark services. */
  admin: Door;
  /** Whether there are tokens with which a browser can sign in. */
  hasTokens: boolean;
  /** Whether a token has a right at any of these doors. */
  knows(token: string | undefined): boolean;
  /** Stops looking at the files. */
  close(): void;
}

/** Lets everybody in. */
export const OPEN_DOOR: Door = { admit: () => undefined, grantOf: () => EVERY_SERVICE };

/** Opens the doors that the settings name. @throws when a file cannot be read or holds no token */
export function openDoors(settings: DoorSettings, log: Logger): Doors {
  const { readTokensFile, adminTokensFile } = settings;
  const open = (variable: string, file: string | undefined) =>
    file === undefined ? undefined : openTokens({ file, variable }, log);
  const readers = open("PULSE_READ_TOKENS_FILE", readTokensFile);
  const admins = open("PULSE_ADMIN_TOKENS_FILE", adminTokensFile);
  const files = [readers, admins].filter((tokens) => tokens !== undefined);
  return {
    // Those who may change something have to see it. A token that both files have reads what its line for readers says.
    read: readers === undefined ? OPEN_DOOR : guardedBy(files),
    admin: admins !== undefined ? guardedBy([admins], readers) : isLaptop(settings) ? LAPTOP_DOOR : SHUT_DOOR,
    hasTokens: files.length > 0,
    knows: (token) => grantIn(files, token) !== undefined,
    close: () => {
      for (const tokens of files) tokens.close();
    },
  };
}

/**
 * Whether only those in front of this machine reach the process. A proxy at loopback brings others, and these settings are for one.
 * Those who may not read may not change anything either.
 */
function isLaptop({ listenAddress, readTokensFile, userHeader, allowedHosts, trustedProxies }: DoorSettings): boolean {
  const isAlone = userHeader === undefined && allowedHosts === undefined && trustedProxies === 0;
  return listenAddress !== undefined && isLoopback(listenAddress) && readTokensFile === undefined && isAlone;
}

/** Whether a request says that a proxy or a tunnel handed it on. */
function isHandedOn(headers: IncomingHttpHeaders): boolean {
  return Object.keys(headers).some((name) => /^(?:forwarded|via|x-real-ip|x-forwarded-.*)$/.test(name));
}

/** Decides whether a request may have what names every service, such as metrics. */
export function admitToAll({ admit, grantOf }: Door): Door["admit"] {
  return (headers) => admit(headers) ?? (grantOf(headers)?.coversAll ? undefined : NOT_FOR_ALL);
}

function guardedBy(files: readonly Tokens[], lesser?: Tokens): Door {
  return {
    admit(headers) {
      const token = credentialOf(headers);
      if (grantIn(files, token) !== undefined) return undefined;
      return lesser?.grantOf(token) === undefined ? unauthorized(token !== undefined) : MAY_ONLY_READ;
    },
    grantOf: (headers) => grantIn(files, credentialOf(headers)),
  };
}

function grantIn(files: readonly Tokens[], token: string | undefined): Grant | undefined {
  for (const tokens of files) {
    const grant = tokens.grantOf(token);
    if (grant !== undefined) return grant;
  }
  return undefined;
}

const NOT_FOR_ALL = forbidden("Expected a token for every service.");
const MAY_ONLY_READ = forbidden("Expected a token of PULSE_ADMIN_TOKENS_FILE, got one that may only read.");
const admins = (whom: string) =>
  `Expected PULSE_ADMIN_TOKENS_FILE to name who may change something${whom}, got nothing: set it to a file of tokens.`;
/** Away from a laptop's loopback, nobody is trusted without a token. */
const SHUT_DOOR: Door = shutTo(() => true, forbidden(admins("")));
/** At a laptop's loopback, the person in front of it is. */
const LAPTOP_DOOR: Door = shutTo(isHandedOn, forbidden(admins(" from behind a proxy")));

function shutTo(isOutside: (headers: IncomingHttpHeaders) => boolean, refusal: HttpReply): Door {
  return {
    admit: (headers) => (isOutside(headers) ? refusal : undefined),
    grantOf: (headers) => (isOutside(headers) ? undefined : EVERY_SERVICE),
  };
}
