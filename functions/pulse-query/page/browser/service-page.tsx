import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { PulseView, ServiceDetail, ServiceView, Summary } from "../../answers.ts";
import { readService, readSummary } from "./api.ts";
import { useNow } from "./clock.ts";
import { DeadLetters } from "./dead-letters.tsx";
import { Figures } from "./figures.tsx";
import { formatAge, formatDuration } from "./format.ts";
import { HealthWord } from "./glyph.tsx";
import { useLive } from "./live.ts";
import { Masthead } from "./masthead.tsx";
import { MetadataCard, NewestPulses, withPulse } from "./newest-pulses.tsx";
import { changeQuery, type PageView } from "./page-view.ts";
import { ServiceCharts } from "./service-charts.tsx";
import { SpanChoice } from "./span-choice.tsx";
import { readChoice, refreshAfterMs, spanOf } from "./spans.ts";
import { StatusMix } from "./status-mix.tsx";
import { UseElsewhere } from "./use-elsewhere.tsx";

/** One service: how it is, how it was over a span, and its pulses as they come. */
export function ServicePage({ service: name, query }: { service: string; query: PageView["query"] }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const [service, setService] = useState<ServiceView>();
  const [pulses, setPulses] = useState<readonly PulseView[]>([]);
  const [isReady, setReady] = useState(false);
  const search = query.toString();
  const choice = useMemo(() => readChoice(new URLSearchParams(search)), [search]);
  const { summary, problem, refreshSoon } = useSummary(name, choice);
  const detail = useDetail(name, service?.health);
  const connection = useLive(name, ["service", "pulse"], {
    onOpen: () => undefined,
    onEvent(event, data) {
      if (event === "service") setService(data as ServiceView);
      else setPulses((before) => withPulse(before, data as PulseView));
      refreshSoon();
    },
    onReady: () => setReady(true),
  });
  // A reader who has come by keyboard goes on from here.
  useEffect(() => heading.current?.focus(), []);
  const select = useCallback((from: number, to: number) => {
    changeQuery({ span: "", from: String(from), to: String(to) });
  }, []);

  return (
    <>
      <Masthead connection={connection} />
      <main id="main" class="service">
        <p class="back">
          <a href="#/">← All services</a>
        </p>
        <div class="title">
          <h1 ref={heading} tabIndex={-1}>
            {name}
          </h1>
          {service !== undefined && <HealthWord health={service.health} />}
          {service !== undefined && <Rhythm service={service} detail={detail} />}
        </div>
        {isReady && service === undefined && <p class="nothing">This service has not pulsed within the retention.</p>}
        <SpanChoice choice={choice} />
        {problem !== undefined && (
          <p class="problem" role="alert">
            Not read: {problem}
          </p>
        )}
        <Figures summary={summary} />
        {summary !== undefined && <ServiceCharts summary={summary} onSelect={select} />}
        <div class="columns">
          {summary !== undefined && <StatusMix summary={summary} />}
          {service !== undefined && <MetadataCard service={service} />}
        </div>
        <NewestPulses pulses={pulses} />
        <DeadLetters service={name} />
        <UseElsewhere service={name} />
      </main>
    </>
  );
}

/** When it was last seen, and when it would be late. */
function Rhythm({ service, detail }: { service: ServiceView; detail: ServiceDetail | undefined }) {
  const now = useNow();
  const period = detail?.usual_period_ms ?? null;
  return (
    <p class="rhythm">
      Last seen <b>{formatAge(service.last_seen, now)}</b>
      {detail !== undefined &&
        (period === null
          ? " · its usual period is not known yet"
          : ` · pulses about every ${formatDuration(period)}, late after ${formatDuration(Date.parse(detail.late_at ?? "") - Date.parse(detail.last_seen))} of silence`)}
    </p>
  );
}

/** What is known of its rhythm; asked for again when its health changes. */
function useDetail(name: string, health: string | undefined): ServiceDetail | undefined {
  const [detail, setDetail] = useState<ServiceDetail>();
  // Another health is the reason to ask again
  useEffect(() => {
    const leaving = new AbortController();
    readService(name, leaving.signal).then(setDetail, () => undefined); // unknown or cut off: the stream says so
    return () => leaving.abort();
  }, [name, health]);
  return detail;
}

/** The summary of the chosen span: read again when its span moves on, and soon after a pulse. */
function useSummary(name: string, choice: ReturnType<typeof readChoice>) {
  const [summary, setSummary] = useState<Summary>();
  const [problem, setProblem] = useState<string>();
  const soon = useRef<() => void>(() => undefined);
  useEffect(() => {
    const leaving = new AbortController();
    const { signal } = leaving;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let readAt = 0;
    let isReading = false;
    let isWanted = false;
    const read = async () => {
      clearTimeout(timer);
      timer = undefined;
      isReading = true;
      isWanted = false;
      const span = spanOf(choice, Date.now());
      try {
        setSummary(await readSummary(name, span, signal));
        setProblem(undefined);
      } catch (error) {
        if (!signal.aborted) setProblem((error as Error).message);
      }
      if (signal.aborted) return;
      isReading = false;
      readAt = Date.now();
      if (isWanted) soon.current();
      else if (choice.kind === "moving") plan(span.to - Date.now());
    };
    const plan = (waitMs: number) => {
      clearTimeout(timer);
      timer = setTimeout(read, Math.max(1000, waitMs));
    };
    let planned = Number.POSITIVE_INFINITY;
    soon.current = () => {
      isWanted = true;
      if (isReading || choice.kind === "fixed") return;
      const at = readAt + refreshAfterMs(choice);
      if (timer !== undefined && planned === at) return;
      planned = at;
      plan(at - Date.now());
    };
    void read();
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [name, choice]);
  return { summary, problem, refreshSoon: useCallback(() => soon.current(), []) };
}
