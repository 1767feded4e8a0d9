import { isIP } from "node:net";
import { problem } from "./problem.ts";
import type { HttpReply } from "./route.ts";

/**
 * Refuses a request for a host under another name than `localhost`, a name under it, an IP address, or one of `names`
 * (`*.shop.example` is every name under it). A web page under a name that its owner lets lead to this process
 * could read and send otherwise, because to a browser page and process have the same origin. An IP address leads nowhere else.
 */
export function hostGuard(names: readonly string[]): (host: string | undefined) => HttpReply | undefined {
  const exact = new Set(["localhost", ...names]);
  const endings = [".localhost", ...names.filter((name) => name.startsWith("*.")).map((name) => name.slice(1))];
  let last: string | undefined;
  return (host) => {
    // Nearly every request is for the host of the one before.
    if (host === undefined || host === last) return undefined;
    const name = nameOf(host);
    if (!isAddress(name) && !exact.has(name) && !endings.some((ending) => name.endsWith(ending))) return MISDIRECTED;
    last = host;
    return undefined;
  };
}

const MISDIRECTED = problem(
  421,
  "Misdirected request",
  "Expected a Host that is an IP address, localhost or a name in PULSE_ALLOWED_HOSTS, got another: add the name to PULSE_ALLOWED_HOSTS.",
);

/** A Host without its port, in lower case. */
function nameOf(host: string): string {
  return host.replace(/:\d*$/, "").replace(/\.$/, "").toLowerCase();
}

function isAddress(name: string): boolean {
  return isIP(name) === 4 || (name.startsWith("[") && isIP(name.slice(1, -1)) === 6);
}
