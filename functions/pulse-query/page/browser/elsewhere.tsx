import { pathOf } from "./api.ts";

/** Ways to use a service elsewhere: its badge, an export of its pulses, the API. */
export function Elsewhere({ service }: { service: string }) {
  const badge = new URL(`${pathOf(service)}/badge.svg`, location.href).href;
  const pulses = new URL(`${pathOf(service)}/pulses`, location.href).href;
  return (
    <details class="elsewhere">
      <summary>Badge, export and API</summary>
      <p>
        <img src={badge} alt={`Badge: ${service}`} height="20" />
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard must reach what scrolls */}
      <pre tabIndex={0}>
        <code>
          {`![${service}](${badge})\n\n# every stored pulse, one a line\ncurl -H 'accept: application/x-ndjson' '${pulses}'`}
        </code>
      </pre>
      <p>
        <a href="openapi.json">OpenAPI description</a>
      </p>
    </details>
  );
}
