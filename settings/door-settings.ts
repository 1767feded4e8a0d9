// Who may send, read and change: docs/security.md has the whole.
import { integer, parsedText, text } from "./field.ts";
import { allowedHosts, listenAddress } from "./local-settings.ts";
import { type SettingsOf, setting } from "./setting.ts";

const FORM =
  "one a line that ends with a newline, each followed by the services it is for (`*` at the end matches the rest, and alone all). PulseMesh reads the file again when it changes: an emptied one revokes all, a deleted one leaves the former tokens valid.";

/** The name of a header, as node has it: in lower case. What it holds is in log lines, where no token may be. */
const userHeaderName = parsedText("the name of a header that holds no token and no cookie", (value) =>
  /^[a-z0-9-]+$/i.test(value) && !/(?:authorization|cookie|token)$/i.test(value) ? value.toLowerCase() : undefined,
);

/** The settings of the doors. */
export const doorSettings = {
  listenAddress,
  allowedHosts,
  trustedProxies: setting(
    "PULSE_TRUSTED_PROXIES",
    integer({ min: 0, max: 10, fallback: 0 }),
    "How many proxies stand before the function, each of which adds its client's address to `X-Forwarded-For`. Clients are told apart by the address that the outermost one saw. 0: by the address of the connection.",
  ),
  tokensFile: setting(
    "PULSE_INGEST_TOKENS_FILE",
    text("a file's path"),
    `Bearer tokens that may send, ${FORM} Absent: anyone may send.`,
  ),
  readTokensFile: setting(
    "PULSE_READ_TOKENS_FILE",
    text("a file's path"),
    `Bearer tokens that may read pulses, dead letters and metrics, ${FORM} Absent: anyone may read.`,
  ),
  adminTokensFile: setting(
    "PULSE_ADMIN_TOKENS_FILE",
    text("a file's path"),
    `Bearer tokens that may read, and change something: replay and correct dead letters; remove, retire, maintain and mark services; ${FORM} Absent: nobody may change anything, except on a laptop's loopback while anyone may read and no setting or header says that a proxy stands before it.`,
  ),
  publicBadges: setting(
    "PULSE_PUBLIC_BADGES",
    parsedText("services' names, separated by commas", (value) => {
      const patterns = value.split(",").map((pattern) => pattern.trim());
      return patterns.every((pattern) => /^[\w.:/-]*\*?$/.test(pattern)) ? patterns : undefined;
    }),
    "Services whose badges need no token (`*` at the end matches the rest). Absent: none, where reading needs one.",
  ),
  userHeader: setting(
    "PULSE_USER_HEADER",
    userHeaderName,
    "The header in which a proxy names its user, such as `x-forwarded-email`. Log lines about changes have the name. Set it only where every request passes that proxy, which replaces the header.",
  ),
};

export type DoorSettings = SettingsOf<typeof doorSettings>;
