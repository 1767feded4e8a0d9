import { formatTime } from "./format.ts";
import { changeQuery } from "./page-view.ts";
import { type Choice, SPANS } from "./spans.ts";

/** The choice of the span. */
export function SpanChoice({ choice }: { choice: Choice }) {
  return (
    <fieldset class="spans">
      <legend class="unseen">Span of time</legend>
      {Object.entries(SPANS).map(([name, { words }]) => (
        <label key={name}>
          <input
            type="radio"
            name="span"
            value={name}
            checked={choice.kind === "moving" && choice.name === name}
            onChange={() => changeQuery({ span: name, from: "", to: "" })}
          />
          <span>{words}</span>
        </label>
      ))}
      {choice.kind === "fixed" && (
        <p>
          {formatTime(new Date(choice.from).toISOString(), Date.now())} –{" "}
          {formatTime(new Date(choice.to).toISOString(), Date.now())}
        </p>
      )}
    </fieldset>
  );
}
