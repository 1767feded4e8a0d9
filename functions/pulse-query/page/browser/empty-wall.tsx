import { useState } from "preact/hooks";

const COPIED_MS = 2000;

function commandOf(ingest: string): string {
  const pulse = '{"service_name":"checkout","latency_ms":12.5,"status":"ok"}';
  return `curl -H 'content-type: application/json' \\\n  -d '${pulse}' \\\n  ${ingest}/pulse`;
}

/** Shown before the first pulse: how to send it. */
export function EmptyWall() {
  const ingest = document.querySelector<HTMLMetaElement>('meta[name="pulse-ingest"]')?.content ?? "";
  const command = commandOf(ingest);
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(command);
    setCopied(true);
    setTimeout(() => setCopied(false), COPIED_MS);
  };
  return (
    <section class="empty">
      <svg class="flatline" viewBox="0 0 240 40" aria-hidden="true">
        <path d="M0 20h90l10-14 14 28 10-14h116" pathLength="1" />
      </svg>
      <h1>No service has pulsed yet</h1>
      <p>Send the first pulse, and the service appears here.</p>
      <div class="command">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard must reach what scrolls */}
        <pre tabIndex={0}>
          <code id="command">{command}</code>
        </pre>
        {navigator.clipboard !== undefined && (
          <button type="button" class="button" onClick={copy}>
            {isCopied ? "Copied" : "Copy"}
          </button>
        )}
      </div>
    </section>
  );
}
