// Triggers besides the built-in ones, from a file of Knative's own YAML, so that what runs on a laptop runs on a cluster.
// What the local broker does not run is refused by name: ignored, it would promise what does not happen.
import { readFileSync, statSync } from "node:fs";
import { parseAllDocuments } from "yaml";
import {
  BROKER,
  type BrokerName,
  type Destination,
  ORDER_ANNOTATION,
  TRIGGERS,
  type Trigger,
  type TriggerSpec,
} from "../../events/triggers.ts";
import { httpUrl, quote } from "../../settings/field.ts";
import { reasonOf } from "../../settings/file-reason.ts";
import { createDeliveryPolicy } from "./delivery-policy.ts";
import { checkFields, compileFilter, refuseUnknown, TriggerError } from "./trigger-filter.ts";

const MAX_BYTES = 1024 * 1024;
const API_VERSION = "eventing.knative.dev/v1";
/** RFC 1123, as Kubernetes asks of an object's name. */
const OBJECT_NAME = /^(?=.{1,253}$)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const ATTRIBUTE_NAME = /^[a-z][a-z0-9]*$/;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads the Triggers of a file: one or more YAML documents of `kind: Trigger`, {@link API_VERSION}. Their names differ from
 * each other's and from those of `taken`. @throws {TriggerError} which names the file, the document, the field and the remedy
 */
export function readTriggersFile(
  file: string,
  { broker = BROKER, taken = TRIGGERS }: { broker?: BrokerName; taken?: readonly Trigger[] } = {},
): Trigger[] {
  const names = new Set(taken.map(({ name }) => name));
  const triggers: Trigger[] = [];
  for (const { where, value } of documentsIn(readText(file), file)) {
    try {
      const trigger = triggerOf(value, broker);
      if (names.has(trigger.name)) {
        throw new TriggerError(`metadata.name: Expected a name that no other Trigger has, got ${quote(trigger.name)}`);
      }
      names.add(trigger.name);
      triggers.push(trigger);
    } catch (error) {
      if (error instanceof TriggerError) throw new TriggerError(`${where}: ${error.message}`);
      throw error;
    }
  }
  if (triggers.length > 0) return triggers;
  throw new TriggerError(`${file}: Expected at least one document of kind Trigger, got none: leave the setting away`);
}

function readText(file: string): string {
  try {
    const { size } = statSync(file);
    if (size <= MAX_BYTES) return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
    throw new TriggerError(`${file}: Expected at most ${MAX_BYTES} bytes, got ${size}`);
  } catch (error) {
    if (error instanceof TriggerError) throw error;
    throw new TriggerError(`${file}: Expected a file in UTF-8 that can be read: ${reasonOf(error)}`);
  }
}

/** Every document that is not empty. */
function documentsIn(text: string, file: string): { where: string; value: unknown }[] {
  try {
    // As kubectl reads it: in YAML 1.1 a bare `on` is no text.
    const documents = [...parseAllDocuments(text, { version: "1.1", logLevel: "silent" })];
    return documents.flatMap((document, index) => {
      const where = `${file}, document ${index + 1}`;
      const [fault] = [...document.errors, ...document.warnings];
      // Its later lines quote the file, which may hold a secret.
      if (fault !== undefined) throw new TriggerError(`${where}: Expected YAML, got: ${fault.message.split("\n")[0]}`);
      const value: unknown = document.toJS();
      return value === null ? [] : [{ where, value }];
    });
  } catch (error) {
    if (error instanceof TriggerError) throw error;
    // Too many aliases, or too deep.
    throw new TriggerError(`${file}: Expected YAML, got: ${(error as Error).message.split("\n")[0]}`);
  }
}

function triggerOf(value: unknown, broker: BrokerName): Trigger {
  const { apiVersion, kind, metadata, spec, ...others } = fieldsOf(value, "Expected a Trigger");
  if (apiVersion !== API_VERSION) throw expected("apiVersion", API_VERSION, apiVersion);
  if (kind !== "Trigger") throw expected("kind", "Trigger, the only kind that the local broker reads", kind);
  refuseUnknown(others, new Set(["apiVersion", "kind", "metadata", "spec"]), "document");
  const { name, namespace = broker.namespace, ...more } = fieldsOf(metadata, "metadata: Expected an object");
  if (typeof name !== "string" || !OBJECT_NAME.test(name)) {
    throw expected("metadata.name", "letters a–z, digits, - and ., as Kubernetes does", name);
  }
  if (namespace !== broker.namespace) {
    throw expected(`Trigger ${name}: metadata.namespace`, `${broker.namespace}, the broker's, or none`, namespace);
  }
  refuseUnknown(more, new Set(["name", "namespace", "labels", "annotations"]), `Trigger ${name}: metadata`);
  const isOrdered = isOrderedBy(more.annotations, `Trigger ${name}: metadata.annotations`);
  const trigger: Trigger = { name, spec: specOf(spec, `Trigger ${name}:`, broker), ...(isOrdered && { isOrdered }) };
  compileFilter(trigger);
  createDeliveryPolicy(name, trigger.spec.delivery);
  return trigger;
}

/** Of annotations, only the one for the order of deliveries means something here. */
function isOrderedBy(value: unknown, where: string): boolean {
  if (value === undefined) return false;
  const order = fieldsOf(value, `${where}: Expected an object`)[ORDER_ANNOTATION];
  if (order === undefined || order === "unordered" || order === "ordered") return order === "ordered";
  throw expected(`${where}[${ORDER_ANNOTATION}]`, "ordered or unordered", order);
}

function specOf(value: unknown, trigger: string, broker: BrokerName): TriggerSpec {
  const spec = fieldsOf(value, `${trigger} spec: Expected an object`);
  checkFields({ name: trigger.slice("Trigger ".length, -1), spec: spec as unknown as TriggerSpec });
  if (spec.broker !== broker.name) throw expected(`${trigger} spec.broker`, broker.name, spec.broker);
  if (spec.filters !== undefined && !Array.isArray(spec.filters)) {
    throw expected(`${trigger} filters`, "a list of filters", spec.filters);
  }
  if (spec.filter !== undefined) checkOlderFilter(spec.filter, `${trigger} filter`);
  checkDestination(spec.subscriber, `${trigger} subscriber`);
  if (spec.delivery !== undefined) {
    const { deadLetterSink } = fieldsOf(spec.delivery, `${trigger} delivery: Expected an object`);
    if (deadLetterSink !== undefined) checkDestination(deadLetterSink, `${trigger} delivery.deadLetterSink`);
  }
  return spec as unknown as TriggerSpec; // what is not checked above is by compileFilter and createDeliveryPolicy
}

function checkOlderFilter(value: unknown, where: string): void {
  const filter = fieldsOf(value, `${where}: Expected an object with attributes`);
  refuseUnknown(filter, new Set(["attributes"]), where);
  const attributes = fieldsOf(filter.attributes, `${where}.attributes: Expected an object`);
  for (const [name, text] of Object.entries(attributes)) {
    if (!ATTRIBUTE_NAME.test(name)) {
      throw expected(`${where}.attributes`, "names of a–z and 0–9 that begin with a letter", name);
    }
    if (typeof text !== "string") throw expected(`${where}.attributes.${name}`, "text, in quotes if need be", text);
  }
}

/** @throws {TriggerError} which shows no more of a URL than its scheme: a webhook's path is often its secret */
function checkDestination(value: unknown, where: string): asserts value is Destination & { uri: string } {
  const { uri, ...others } = fieldsOf(value, `${where}: Expected an object with uri`);
  if ("ref" in others) {
    throw new TriggerError(`${where}: Expected uri, got ref: it names an object of a cluster; write the URL here`);
  }
  refuseUnknown(others, new Set(["uri"]), where);
  if (typeof uri === "string" && httpUrl.parse(uri) !== undefined) return;
  const shown = typeof uri === "string" ? (/^[a-z][a-z\d+.-]*:/i.exec(uri)?.[0] ?? "") : undefined;
  const got = shown === undefined ? kindOf(uri) : `a text that begins with "${shown}"`;
  throw new TriggerError(`${where}.uri: Expected ${httpUrl.expectation}, got ${got}`);
}

function fieldsOf(value: unknown, expectation: string): Fields {
  if (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    return value as Fields;
  }
  throw new TriggerError(`${expectation}, got ${kindOf(value)}`);
}

function expected(where: string, expectation: string, value: unknown): TriggerError {
  return new TriggerError(`${where}: Expected ${expectation}, got ${kindOf(value)}`);
}

function kindOf(value: unknown): string {
  if (value === undefined) return "none";
  if (typeof value === "string") return quote(value);
  if (value === null || typeof value === "number" || typeof value === "boolean") return String(value);
  return Array.isArray(value) ? "a list" : "an object";
}
