import { readFileSync } from "node:fs";
import { httpUrl, number, text, type ValuesOf } from "../settings/field.ts";
import { reasonOf } from "../settings/file-reason.ts";
import { localSettings } from "../settings/local-settings.ts";
import { readSettings } from "../settings/read.ts";
import { TOKEN_FORM } from "../settings/token-form.ts";
import { option, UsageError } from "./command-line.ts";

/** Where pulses are sent. */
export interface Target {
  /** pulse-ingest's address for plain pulses. */
  url: URL;
  token: string | undefined;
  /** How long one request is tried again while pulse-ingest accepts nothing at all, or no service that is new. */
  retryForMs: number;
}

const pulseUrl = {
  ...httpUrl,
  expectation: "an http:// or https:// URL without a user, such as http://localhost:8080/pulse",
  parse: (given: string) => {
    const url = httpUrl.parse(given);
    if (url?.pathname === "/") url.pathname = "/pulse";
    return url;
  },
};

/** The options of every command that sends pulses. */
export const targetOptions = {
  url: option(
    "URL",
    pulseUrl,
    "Where pulse-ingest is. Default: http://localhost:8080/pulse, or the port in PULSE_LOCAL_INGEST_PORT.",
  ),
  tokenFile: option("FILE", text("a file's path"), "Holds the bearer token, where pulse-ingest asks for one."),
  retryFor: option(
    "SECONDS",
    number({ min: 0, max: 86_400, fallback: 300 }),
    "How long to try again while pulse-ingest accepts nothing (refused connections, 429, 5xx), or no new service:",
  ),
};

/** The target that these options name, or else the environment. @throws {UsageError | SettingsError} */
export function targetOf(given: ValuesOf<typeof targetOptions>, env: NodeJS.ProcessEnv): Target {
  return {
    url: given.url ?? localUrl(env),
    token: given.tokenFile === undefined ? undefined : tokenIn(given.tokenFile),
    retryForMs: given.retryFor * 1000,
  };
}

// Reads no other setting: a wrong one of another process is no reason not to send.
function localUrl(env: NodeJS.ProcessEnv): URL {
  const { ingestPort } = readSettings({ ingestPort: localSettings.ingestPort }, env);
  return new URL(`http://localhost:${ingestPort}/pulse`);
}

// Takes the first word of the file, so that the file of tokens that pulse-ingest reads works as well.
function tokenIn(file: string): string {
  let content: string;
  try {
    content = readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`Expected --token-file to name a file that can be read, got ${file}: ${reasonOf(error)}`);
  }
  // Lines as pulse-ingest has them, behind the mark that some editors begin a file with.
  const token = /(?:^\ufeff?|\n)[ \t]*([^\s#]\S*)/.exec(content)?.[1];
  if (token !== undefined && TOKEN_FORM.test(token)) return token;
  throw new UsageError(`Expected --token-file to hold a token in printable ASCII, got none in ${file}`);
}
