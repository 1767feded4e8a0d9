import { rootCertificates } from "node:tls";
import { expect, it } from "vitest";
import { ceOverrides, certificates } from "./sink-fields.ts";

const [root = "", other = ""] = rootCertificates;

it.each([
  ['{"extensions":{"team":"shop","zone1":"eu west, 50 %"}}', { team: "shop", zone1: "eu west, 50 %" }],
  ['{"extensions":{"Team":""}}', { team: "" }],
  ['{"extensions":{}}', {}],
  ["{}", {}],
])("K_CE_OVERRIDES may be %s", (text, extensions) => {
  expect(ceOverrides.parse(text)).toEqual(extensions);
});

it.each([
  "team=shop",
  '{"extensions":{"team":"shop"}',
  "null",
  "[]",
  '"text"',
  '{"extensions":null}',
  '{"extensions":["a"]}',
  '{"extensions":{"team":1}}',
  '{"extensions":{"team":null}}',
  '{"extensions":{"team-a":"shop"}}',
  '{"extensions":{"":"shop"}}',
  '{"extensions":{"Source":"/shop"}}',
  '{"extensions":{"data":"{}"}}',
  '{"extensions":{"team":"\\ud800"}}',
])("K_CE_OVERRIDES may not be %s", (text) => {
  expect(ceOverrides.parse(text)).toBeUndefined();
});

it.each([root, `${root}\n${other}`, `the root\n${root}`])("K_CA_CERTS may be one or more certificates", (pem) => {
  expect(certificates.parse(pem)).toBe(pem);
});

it.each(["", "/etc/ssl/ca.pem", root.slice(0, -40), `${root}\n${other.slice(0, -9)}`, root.replace("MII", "!!!")])(
  "K_CA_CERTS may not be anything else: case %#",
  (text) => {
    expect(certificates.parse(text)).toBeUndefined();
  },
);
