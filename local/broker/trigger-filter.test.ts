import { describe, expect, it } from "vitest";
import type { CloudEvent } from "../../events/cloud-event.ts";
import type { TriggerSpec } from "../../events/triggers.ts";
import { all, any, exact, not, type Predicate, prefix, suffix } from "./filters.ts";
import { compileFilter, TriggerError } from "./trigger-filter.ts";

const event: CloudEvent = {
  id: "1",
  source: "/shop/checkout",
  type: "dev.pulsemesh.pulse.v1",
  time: "2026-01-02T03:04:05Z",
  subject: "checkout",
  datacontenttype: "application/json",
  extensions: { health: "down", empty: "" },
  data: { kind: "none" },
};
const yes: Predicate = () => true;
const no: Predicate = () => false;

describe("filters", () => {
  it.each<[string, Predicate, boolean]>([
    ["exact: an equal attribute", exact({ type: "dev.pulsemesh.pulse.v1" }), true],
    ["exact: an equal extension", exact({ health: "down" }), true],
    ["exact: another value", exact({ health: "up" }), false],
    ["exact: another letter case", exact({ health: "Down" }), false],
    ["exact: an absent attribute", exact({ dataschema: "x" }), false],
    ["exact: all of several", exact({ health: "down", subject: "checkout" }), true],
    ["exact: one of several", exact({ health: "down", subject: "cart" }), false],
    ["exact: specversion", exact({ specversion: "1.0" }), true],
    ["exact: a name of the prototype's", exact({ constructor: "x" }), false],
    ["prefix: the start", prefix({ source: "/shop/" }), true],
    ["prefix: the end", prefix({ source: "checkout" }), false],
    ["prefix: an absent extension", prefix({ region: "e" }), false],
    ["suffix: the end", suffix({ type: ".v1" }), true],
    ["suffix: the start", suffix({ type: "dev" }), false],
    ["suffix: an absent extension", suffix({ region: "e" }), false],
    ["all: every one", all([yes, yes]), true],
    ["all: not every one", all([yes, no]), false],
    ["any: one", any([no, yes]), true],
    ["any: none", any([no, no]), false],
    ["not: a passing one", not(yes), false],
    ["not: an absent attribute", not(exact({ region: "e" })), true],
  ])("%s", (_name, predicate, expected) => {
    expect(predicate(event)).toBe(expected);
  });
});

function passes(spec: Partial<TriggerSpec>): boolean {
  return compileFilter({ name: "t", spec: { broker: "b", subscriber: { uri: "http://x" }, ...spec } })(event);
}

describe("a Trigger", () => {
  it.each<[string, Partial<TriggerSpec>, boolean]>([
    ["without filters wants everything", {}, true],
    ["with an empty list wants everything", { filters: [] }, true],
    ["wants what passes all of its filters", { filters: [{ exact: { id: "1" } }, { prefix: { type: "dev." } }] }, true],
    ["does not want what fails one", { filters: [{ exact: { id: "1" } }, { suffix: { type: ".v2" } }] }, false],
    [
      "may nest dialects",
      { filters: [{ any: [{ exact: { id: "2" } }, { not: { all: [{ suffix: { type: "v2" } }] } }] }] },
      true,
    ],
    ["of the older form compares exactly", { filter: { attributes: { type: "dev.pulsemesh.pulse.v1" } } }, true],
    ["of the older form takes any value for an empty one", { filter: { attributes: { health: "" } } }, true],
    ["of the older form wants the attribute to be there", { filter: { attributes: { region: "" } } }, false],
    [
      "goes by filters when it has both forms",
      { filters: [{ exact: { id: "1" } }], filter: { attributes: { id: "2" } } },
      true,
    ],
  ])("%s", (_name, spec, expected) => {
    expect(passes(spec)).toBe(expected);
  });

  it.each<[string, unknown, RegExp]>([
    ["an unknown dialect", { cesql: "type = 'x'" }, /filters\[0\]: Expected one of exact.*got "cesql"/],
    ["two dialects in one item", { exact: { id: "1" }, prefix: { id: "1" } }, /exactly one of.*got exact, prefix/],
    ["an item that is empty", {}, /got none/],
    ["an item that is no object", "x", /got none/],
    ["a dialect without attributes", { exact: {} }, /filters\[0\]\.exact: Expected attributes/],
    ["an empty text", { prefix: { type: "" } }, /filters\[0\]\.prefix: Expected attributes/],
    ["an empty list", { any: [] }, /filters\[0\]\.any: Expected a list/],
    ["a fault deep inside", { not: { all: [{ sql: "x" }] } }, /filters\[0\]\.not\.all\[0\].*got "sql"/],
  ])("with %s is refused", (_name, filter, message) => {
    const attempt = () => passes({ filters: [filter as never] });
    expect(attempt).toThrow(TriggerError);
    expect(attempt).toThrow(message);
  });
});
