// Who may do what with a function: a door is one right. token-file.ts reads the tokens, guarded-routes.ts puts routes behind a door.
import type { IncomingHttpHeaders } from "node:http";
import { isLoopback } from "../../http/listening.ts";
import type { HttpReply } from "../../http/route.ts";
import type { DoorSettings } from "../../settings/door-settings.ts";
import type { Logger } from "../log.ts";
import { bearerOf } from "./credential.ts";
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
  /** To replay and correct dead letters. */
  admin: Door;
  /** Stops looking at the files. */
  close(): void;
}

/** Lets everybody in. */
export const OPEN_DOOR: Door = { admit: () => undefined, grantOf: () => EVERY_SERVICE };

/** Opens the doors that the settings name. @throws when a file cannot be read or holds no token */
export function openDoors(settings: DoorSettings, log: Logger): Doors {
  const { adminTokensFile: file, listenAddress } = settings;
  const admins = file === undefined ? undefined : openTokens({ file, variable: "PULSE_ADMIN_TOKENS_FILE" }, log);
  const isLocal = listenAddress !== undefined && isLoopback(listenAddress);
  return {
    admin: admins !== undefined ? guardedBy(admins) : isLocal ? OPEN_DOOR : SHUT_DOOR,
    close: () => admins?.close(),
  };
}

function guardedBy(tokens: Tokens): Door {
  const grantOf = (headers: IncomingHttpHeaders) => tokens.grantOf(bearerOf(headers));
  return {
    admit: (headers) =>
      grantOf(headers) === undefined ? unauthorized(headers.authorization !== undefined) : undefined,
    grantOf,
  };
}

const NOBODY =
  "Expected PULSE_ADMIN_TOKENS_FILE to name who may change something, got nothing: set it to a file of tokens.";
/** Away from a laptop's loopback, nobody is trusted without a token. */
const SHUT_DOOR: Door = { admit: () => forbidden(NOBODY), grantOf: () => undefined };
