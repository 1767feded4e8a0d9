import { useCallback } from "preact/hooks";
import type { Group, PulseView } from "../../answers.ts";
import { LONGEST_GROUPED_MS } from "../../group-limits.ts";
import { readGroups, type Span } from "./api.ts";
import { formatCount, formatLatency, formatShare } from "./format.ts";
import { changeQuery } from "./page-view.ts";
import { useSpanAnswer } from "./service-answers.ts";
import { type Choice, spanOf } from "./spans.ts";
import { Table } from "./table.tsx";

const COLUMNS = {
  Value: "",
  ...Object.fromEntries(["Pulses", "Not up", "p50", "p95", "p99"].map((name) => [name, "number"])),
};

interface ByValueProperties {
  service: string;
  /** A key of the metadata, or `status`; empty for none. */
  by: string;
  choice: Choice;
  /** Whose keys are offered. */
  pulses: readonly PulseView[];
}

/** Is it one host, one region, one version? The figures of a span for each value of a key, worst first. */
export function ByValue({ service, by, choice, pulses }: ByValueProperties) {
  const keys = new Set(pulses.flatMap(({ metadata }) => Object.keys(metadata ?? {})).sort());
  if (by !== "") keys.add(by);
  keys.delete("status");
  const { from, to } = spanOf(choice, Date.now());
  return (
    <section class="card by-value" aria-labelledby="by-value">
      <div class="card-head">
        <h2 id="by-value">Slow or down by</h2>
        <span class="field">
          <select
            aria-labelledby="by-value"
            value={by}
            onChange={(event) => changeQuery({ by: event.currentTarget.value })}
          >
            <option value="">choose a key</option>
            <option>status</option>
            {Array.from(keys, (key) => (
              <option key={key}>{key}</option>
            ))}
          </select>
        </span>
      </div>
      {by !== "" &&
        (to - from > LONGEST_GROUPED_MS ? (
          <p class="nothing" role="status">
            Known for spans of up to 24 hours: choose one, or draw one on a chart.
          </p>
        ) : (
          <Groups key={JSON.stringify([service, by, choice])} {...{ service, by, choice }} />
        ))}
    </section>
  );
}

/** The table of one question: another one begins without its rows. */
function Groups({ service, by, choice }: Omit<ByValueProperties, "pulses">) {
  const ask = useCallback((span: Span, signal: AbortSignal) => readGroups(service, by, span, signal), [service, by]);
  const { answer: groups, problem } = useSpanAnswer(ask, choice);
  const label = `Figures by ${by}, worst first`;
  return (
    <>
      <p class="quiet" role="status">
        {problem !== undefined
          ? `Not known: ${problem}. A shorter span may do.`
          : groups === undefined
            ? "Reading the pulses …"
            : groups.length === 0
              ? "No pulse in this span."
              : `${label}: by the share that is not up, then by p95.`}
      </p>
      {groups !== undefined && groups.length > 0 && problem === undefined && (
        <Table label={label} columns={COLUMNS}>
          {groups.toSorted(byBadness).map((group) => (
            <GroupRow key={JSON.stringify([group.value, group.is_rest])} {...group} />
          ))}
        </Table>
      )}
    </>
  );
}

function GroupRow({ value, is_rest: isRest, count, health, latency_ms: latency }: Group) {
  const notUp = count - health.up;
  return (
    <tr>
      <th scope="row" class="text">
        {value ?? <span class="quiet">{isRest ? "all others" : "without"}</span>}
      </th>
      <td class="number">{formatCount(count)}</td>
      <td class={`number${notUp > 0 ? " problem" : ""}`}>{formatShare(notUp, count)}</td>
      <td class="number">{formatLatency(latency?.p50)}</td>
      <td class="number">{formatLatency(latency?.p95)}</td>
      <td class="number">{formatLatency(latency?.p99)}</td>
    </tr>
  );
}

/** The rest stands for many values, and comes last. */
function byBadness(a: Group, b: Group): number {
  const notUpOf = ({ count, health }: Group) => 1 - health.up / count;
  return (
    Number(a.is_rest) - Number(b.is_rest) ||
    notUpOf(b) - notUpOf(a) ||
    (b.latency_ms?.p95 ?? 0) - (a.latency_ms?.p95 ?? 0)
  );
}
