import { useCallback, useMemo, useState } from "preact/hooks";
import type { PulseView, ServiceView } from "../../answers.ts";
import { readMarkers, readSummary, type Span } from "./api.ts";
import { ByValue } from "./by-value.tsx";
import { DeadLetters } from "./dead-letters.tsx";
import { Elsewhere } from "./elsewhere.tsx";
import { Figures } from "./figures.tsx";
import { useLive } from "./live.ts";
import { Maintenance } from "./maintenance.tsx";
import { marksOf } from "./marks.ts";
import { MetadataCard, NewestPulses, withPulse } from "./newest-pulses.tsx";
import { changeQuery, type PageView } from "./page-view.ts";
import { PastCard } from "./past-card.tsx";
import { Retire } from "./retire.tsx";
import { useDetail, useSpanAnswer } from "./service-answers.ts";
import { ServiceCharts } from "./service-charts.tsx";
import { ServiceLead } from "./service-lead.tsx";
import { SpanChoice } from "./span-choice.tsx";
import { readChoice } from "./spans.ts";
import { StatusMix } from "./status-mix.tsx";
import { LoadError, SubPage } from "./sub-page.tsx";
import { Usual } from "./usual.tsx";

/** One service: its health now, a summary of a span, and its newest pulses as they come. */
export function ServicePage({ service: name, query }: { service: string; query: PageView["query"] }) {
  const [service, setService] = useState<ServiceView>();
  const [pulses, setPulses] = useState<readonly PulseView[]>([]);
  const [isReady, setReady] = useState(false);
  const search = query.toString();
  const choice = useMemo(() => readChoice(new URLSearchParams(search)), [search]);
  const ask = useCallback((span: Span, signal: AbortSignal) => readSummary(name, span, signal), [name]);
  const { answer: summary, problem, refreshSoon } = useSpanAnswer(ask, choice);
  const detail = useDetail(name, service?.since);
  const connection = useLive(name, {
    onOpen: () => undefined,
    onEvent(event, data) {
      if (event === "service") setService(data as ServiceView);
      if (event === "pulse") setPulses((before) => withPulse(before, data as PulseView));
      refreshSoon();
    },
    onReady: () => setReady(true),
  });
  const select = useCallback((from: number, to: number) => {
    changeQuery({ span: "", from: String(from), to: String(to) });
  }, []);

  const askMarkers = useCallback((span: Span, signal: AbortSignal) => readMarkers(name, span, signal), [name]);
  const { answer: markers } = useSpanAnswer(askMarkers, choice);
  const marks = useMemo(() => marksOf(markers), [markers]);

  // What was not read is not known to be absent.
  const isKnown = isReady && connection.state === "live";
  const lead = service !== undefined && <ServiceLead {...{ service, detail }} />;
  return (
    <SubPage title={name} connection={connection} lead={lead}>
      {isKnown && service === undefined && <p class="nothing">This service has not pulsed within the retention.</p>}
      {service !== undefined && (
        <PastCard service={name} {...{ query, choice }} since={service.since} onSelect={select} />
      )}
      <SpanChoice choice={choice} />
      <LoadError why={problem} />
      <Figures summary={summary} />
      <Usual service={name} />
      {summary !== undefined && (
        <ServiceCharts {...{ summary, marks }} isLogarithmic={query.get("scale") === "log"} onSelect={select}>
          <ByValue service={name} by={query.get("by") ?? ""} {...{ choice, pulses }} />
        </ServiceCharts>
      )}
      <div class="columns">
        {summary !== undefined && <StatusMix summary={summary} isKnown={problem === undefined} />}
        {service !== undefined && <MetadataCard service={service} />}
      </div>
      <NewestPulses pulses={pulses} isKnown={isKnown} />
      <DeadLetters service={name} />
      <Elsewhere service={name} />
      {detail !== undefined && (
        <>
          <Maintenance service={name} plan={detail.maintenance} />
          <Retire service={name} isRetired={detail.retired} />
        </>
      )}
    </SubPage>
  );
}
