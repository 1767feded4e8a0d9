import { formatTime } from "./format.ts";
import { changeQuery } from "./page-view.ts";
import { Radios } from "./radios.tsx";
import { type Choice, SPANS } from "./spans.ts";

const ZONE = new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The choice of the charts' span. */
export function SpanChoice({ choice }: { choice: Choice }) {
  return (
    <div class="spans" id="charts">
      <Radios
        legend="Span of the charts"
        name="span"
        options={SPANS}
        chosen={choice.kind === "moving" ? choice.name : undefined}
        onChoose={(span) => changeQuery({ span, from: "", to: "" })}
      />
      {choice.kind === "fixed" && (
        <p>
          {formatTime(new Date(choice.from).toISOString(), Date.now())} –{" "}
          {formatTime(new Date(choice.to).toISOString(), Date.now())}
        </p>
      )}
      <p class="hint">Drag on a chart to choose a span. Times of {ZONE}.</p>
    </div>
  );
}
