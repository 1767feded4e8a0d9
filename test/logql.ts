// As much of LogQL as the dashboard Logs asks, on lines at hand: what it does not know it refuses.
import { parser } from "@grafana/lezer-logql";

/** What a query leaves of some lines, and the fields that it names besides. */
export interface LogAnswer {
  /** The fields of every line that the pipeline lets through, and the stream's labels. */
  found: Record<string, string>[];
  /** What it groups by or writes. */
  named: Set<string>;
}

type Fields = Record<string, string>;
type SyntaxNode = ReturnType<typeof parser.parse>["topNode"];

/** Runs a query on the lines of a stream that has these labels. */
export function runLogQl(query: string, lines: readonly string[], stream: Fields): LogAnswer {
  const text = ({ from, to }: { from: number; to: number }) => query.slice(from, to);
  const named = new Set<string>();
  let entries = lines.map((line) => ({ line, fields: { ...stream } as Fields }));
  const keep = (name: string, isKept: (value: string) => boolean) => {
    // To Loki a label that is not there is an empty one: here it is a query that asks for what nobody writes.
    if (name !== "__error__" && entries.length > 0 && !entries.some(({ fields }) => name in fields)) {
      throw new Error(`Expected a field ${name} in the lines, got none: ${query} filters by it`);
    }
    entries = entries.filter(({ fields }) => isKept(fields[name] ?? ""));
  };
  const matches = (node: SyntaxNode) => {
    const [name, operator, value] = childrenOf(node).map(text) as [string, string, string];
    const wanted = JSON.parse(value) as string;
    if (operator === "=") keep(name, (given) => given === wanted);
    else if (operator === "=~") keep(name, (given) => new RegExp(`^(?:${wanted})$`).test(given));
    else throw new Error(`Expected = or =~ in ${query}, got ${operator}: teach it to this test`);
  };
  const stages: Record<string, (node: SyntaxNode) => void> = {
    Matcher: matches,
    LineFilter(node) {
      const [operator, value] = childrenOf(node).map(text) as [string, string];
      if (operator !== "|=") throw new Error(`Expected |= in ${query}, got ${operator}: teach it to this test`);
      entries = entries.filter(({ line }) => line.includes(JSON.parse(value)));
    },
    LabelParser(node) {
      if (text(node) !== "json")
        throw new Error(`Expected | json in ${query}, got ${text(node)}: teach it to this test`);
      for (const { line, fields } of entries) Object.assign(fields, fieldsOf(line));
    },
    NumberFilter(node) {
      const [name, operator, value] = childrenOf(node).map(text) as [string, string, string];
      if (operator !== ">=") throw new Error(`Expected >= in ${query}, got ${operator}: teach it to this test`);
      keep(name, (given) => Number(given) >= Number(value));
    },
    LineFormatExpr(node) {
      for (const [, name] of text(node).matchAll(/\{\{\s*\.(\w+)\s*\}\}/g)) named.add(name as string);
    },
    Grouping(node) {
      for (const [name] of text(node).replace(/^by/, "").matchAll(/\w+/g)) named.add(name);
    },
  };
  parser.parse(query).iterate({
    enter({ name, node }) {
      const stage = stages[name];
      stage?.(node);
      const isStage = node.parent?.name === "PipelineStage" && !["Pipe", "LineFilters", "LabelFilter"].includes(name);
      if (node.type.isError || (isStage && stage === undefined))
        throw new Error(`Expected a stage of LogQL that this test knows in ${query}, got ${text(node)} (${name})`);
      return stage === undefined;
    },
  });
  return { found: entries.map(({ fields }) => fields), named };
}

/** The labels that `| json` makes of a line; what it cannot read has the label `__error__`. */
function fieldsOf(line: string): Fields {
  try {
    const entries = Object.entries(JSON.parse(line) as object).filter(([, value]) => typeof value !== "object");
    return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
  } catch {
    return { __error__: "JSONParserErr" };
  }
}

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) children.push(child);
  return children;
}
