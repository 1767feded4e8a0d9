import { useEffect, useState } from "preact/hooks";
import type { Incident } from "../../../../health/incidents.ts";
import { MAX_RUNS, readHistory } from "./api.ts";
import { useNow } from "./clock.ts";
import { formatCount, formatMinute } from "./format.ts";
import { IncidentList } from "./incident-list.tsx";
import { changeQuery } from "./page-view.ts";
import { type Cell, edgesOf, PASTS, type Past, type PastName, pastOf } from "./past.ts";
import { PastBar } from "./past-bar.tsx";
import { PastLegend } from "./past-legend.tsx";
import { describeCell, describeStart, describeUptime } from "./past-words.ts";
import { Radios } from "./radios.tsx";
import type { Choice } from "./spans.ts";
import { LoadError } from "./sub-page.tsx";
import { whileShown } from "./while-shown.ts";

/** pulse-health judges every ten seconds. */
const REFRESH_MS = 20_000;
/** An incident is shown with some time before and after it. */
const LEAST_MARGIN_MS = 2 * 60_000;

interface PastCardProperties {
  service: string;
  query: URLSearchParams;
  /** Since when it is as it is. Another one is a reason to read again. */
  since: string | null;
  /** The span of the charts. */
  choice: Choice;
  onSelect(from: number, to: number): void;
}

/** How a service was: a bar, its uptime, and its incidents. */
export function PastCard({ service, query, since, choice, onSelect }: PastCardProperties) {
  const name = Object.keys(PASTS).find((one): one is PastName => one === query.get("past")) ?? "24h";
  const { past, problem } = usePast(service, name, since);
  const now = useNow();
  const { words } = PASTS[name];
  const uptime = past && describeUptime(past.uptime);
  const isShown = (incident: Incident) => {
    const { from, to } = spanAround(incident, Date.now());
    return choice.kind === "fixed" && choice.from === from && (incident.until === undefined || choice.to === to);
  };
  const show = (from: number, to: number) => {
    onSelect(from, to);
    document.getElementById("charts")?.scrollIntoView({ block: "start" });
  };
  return (
    <section class="card past" aria-labelledby="past">
      <div class="card-head">
        <h2 id="past">Its past</h2>
        <Radios
          legend="Span of the past"
          name="past"
          options={PASTS}
          chosen={name}
          onChoose={(one) => changeQuery({ past: one === "24h" ? "" : one })}
        />
        {uptime !== undefined && (
          <p class="uptime">
            <b>{uptime.figure}</b> {uptime.words}
          </p>
        )}
      </div>
      <LoadError why={problem} />
      {past !== undefined && (
        <>
          <PastBar
            label={`How ${service} was in the last ${words}`}
            start={describeStart(past.cells[0] as Cell, name, now)}
            cells={past.cells}
            describe={(cell) => describeCell(cell, name, now)}
            onShow={({ from, to }: Cell) => show(from, Math.min(to, Date.now()))}
          />
          <PastLegend cells={past.cells} />
          {past.keptFrom !== undefined && (
            <p class="quiet">
              Before {formatMinute(past.keptFrom, now)} nothing is kept: the history has no more days
              (PULSE_HISTORY_DAYS).
            </p>
          )}
          <h3>Incidents of the last {words}</h3>
          {past.incidents.length === 0 ? (
            <p class="nothing">{past.uptime.uptime === null ? "None is known." : "None."}</p>
          ) : (
            <IncidentList
              key={name}
              incidents={past.incidents}
              isShown={isShown}
              onShow={(incident) => {
                const { from, to } = spanAround(incident, Date.now());
                show(from, to);
              }}
            />
          )}
          {past.isCut && (
            <p class="quiet">It changed more often than {formatCount(MAX_RUNS)} times: what was before is not shown.</p>
          )}
        </>
      )}
    </section>
  );
}

function usePast(service: string, name: PastName, since: string | null) {
  const [answer, setAnswer] = useState<{ name: PastName; past: Past }>();
  const [problem, setProblem] = useState<string>();
  useEffect(
    () =>
      whileShown(REFRESH_MS, async (signal) => {
        const now = Date.now();
        const edges = edgesOf(name, now);
        try {
          const history = await readHistory(service, edges[0] as number, now, signal);
          setAnswer({ name, past: pastOf(history, edges, now) });
          setProblem(undefined);
        } catch (error) {
          if (!signal.aborted) setProblem((error as Error).message);
        }
      }),
    [service, name, since],
  );
  // The cells of another span have other words.
  return { past: answer?.name === name ? answer.past : undefined, problem };
}

function spanAround({ since, until }: Incident, now: number): { from: number; to: number } {
  const length = (until ?? now) - since;
  const margin = Math.round(Math.max(LEAST_MARGIN_MS, length / 4));
  return {
    from: since - (until === undefined ? LEAST_MARGIN_MS : margin),
    to: until === undefined ? now : until + margin,
  };
}
