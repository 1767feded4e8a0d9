export const PULSE_DATA = { service_name: "checkout", latency_ms: 12.5, status: "ok" };

/** Posts a CloudEvent in binary mode, as a broker does: one pulse with the id "1", unless `attributes` say otherwise. */
export function postEvent(
  url: string,
  attributes: Readonly<Record<string, string>>,
  data: unknown,
  contentType = "application/json",
): Promise<Response> {
  const headers: Record<string, string> = { "content-type": contentType, "ce-specversion": "1.0" };
  for (const [name, value] of Object.entries({
    id: "1",
    source: "/shop",
    type: "dev.pulsemesh.pulse.v1",
    ...attributes,
  })) {
    headers[`ce-${name}`] = value;
  }
  return fetch(url, { method: "POST", headers, body: typeof data === "string" ? data : JSON.stringify(data) });
}
