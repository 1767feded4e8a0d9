import { lookup } from "node:dns";
import type { LookupFunction } from "node:net";

const LOOPBACK = [
  { address: "127.0.0.1", family: 4 },
  { address: "::1", family: 6 },
];

/**
 * Looks a host's name up. A name that ends in `.localhost` is this machine (RFC 6761, section 6.3), which the resolvers of many
 * systems do not know.
 */
export const lookupHost: LookupFunction = (hostname, options, callback) => {
  if (!/\.localhost\.?$/i.test(hostname)) {
    lookup(hostname, options, callback);
  } else if (options.all) {
    callback(null, LOOPBACK);
  } else {
    const { address = "", family } = LOOPBACK.find((one) => one.family === options.family) ?? LOOPBACK[0] ?? {};
    callback(null, address, family);
  }
};
