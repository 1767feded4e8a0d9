// Runs the part of LogQL that the dashboard Logs uses on given lines, and refuses the rest.
import { parser } from "@grafana/lezer-logql";

/** The lines that a query finds, and the fields that it names. */
export interface LogAnswer {
  /** The fields of every line that passes the pipeline, and the stream's labels. */
  found: Record<string, string>[];
  /** The fields that the query groups by or writes. */
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
    // Loki takes a missing label for an empty one. Here the query asks for a field that no function writes.
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

/** The labels that `| json` makes of a line. A line that is not JSON gets the label `__error__`. */
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
