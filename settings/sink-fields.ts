// What a SinkBinding adds to the environment beside K_SINK (knative/eventing, pkg/apis/sources/v1/sinkbinding_lifecycle.go).
import { X509Certificate } from "node:crypto";
import { type Field, parsedText } from "./field.ts";

const NAME = /^[a-z0-9]+$/;
const ATTRIBUTES: ReadonlySet<string> = new Set(
  "id source type specversion time subject datacontenttype dataschema data".split(" "),
);

/** The extensions that each event gets, by name. Knative takes names in upper case, and events carry them in lower case. */
export const ceOverrides: Field<Readonly<Record<string, string>> | undefined> = parsedText(
  'JSON such as {"extensions":{"team":"shop"}}, with names of a–z and 0–9 that are no attributes of CloudEvents, and texts',
  (text) => {
    const { extensions = {} } = objectOf(text) ?? { extensions: null };
    if (!isObject(extensions)) return undefined;
    const entries = Object.entries(extensions).map(([name, value]) => [name.toLowerCase(), value] as const);
    return entries.every(isExtension) ? Object.fromEntries(entries) : undefined;
  },
);

function isExtension(entry: readonly [string, unknown]): entry is readonly [string, string] {
  const [name, value] = entry;
  return NAME.test(name) && !ATTRIBUTES.has(name) && typeof value === "string" && value.isWellFormed();
}

/** Certificates in PEM, as they came. */
export const certificates: Field<string | undefined> = parsedText("certificates in PEM", (text) => {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----/gs) ?? [];
  const isWhole = blocks.length > 0 && blocks.length === text.split("-----BEGIN ").length - 1;
  return isWhole && blocks.every(isCertificate) ? text : undefined;
});

function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCertificate(block: string): boolean {
  try {
    return new X509Certificate(block).subject !== undefined;
  } catch {
    return false;
  }
}
