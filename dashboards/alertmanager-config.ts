// Translates alertmanager.yaml for the Prometheus operator, whose AlertmanagerConfig has keys in camel case and matchers as
// objects.
import { parse } from "yaml";

/** The address of the receivers, which the chart replaces. */
export const EXAMPLE_WEBHOOK = "http://localhost:9095";

/** The `spec` of an AlertmanagerConfig (monitoring.coreos.com/v1alpha1). @throws for a matcher that it cannot read */
export function alertmanagerConfigSpec(alertmanagerYaml: string): object {
  const { route, inhibit_rules, receivers } = parse(alertmanagerYaml) as Record<string, unknown>;
  return camelCased({ route, inhibit_rules, receivers }) as object;
}

// The operator has its own names for the matchers of an inhibition.
const RENAMED: Readonly<Record<string, string>> = { source_matchers: "sourceMatch", target_matchers: "targetMatch" };

function camelCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelCased);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const name = RENAMED[key] ?? key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
      return [name, key.endsWith("matchers") ? (inner as string[]).map(matcherOf) : camelCased(inner)];
    }),
  );
}

function matcherOf(text: string): object {
  const [, name, matchType, value] = /^(\w+)(=~|!~|!=|=)"(.*)"$/.exec(text) ?? [];
  if (name === undefined) throw new Error(`Expected a matcher such as severity="critical", got ${text}`);
  return { name, matchType, value };
}
