import { type EventData, parseJson } from "../events/cloud-event.ts";

/** The data of an event that was stored as JSON. What is nested too deep to be shown goes on as bytes. */
export function dataOfStoredJson(bytes: Buffer): EventData {
  const json = parseJson(bytes, "");
  return json.ok ? { kind: "json", value: json.value } : { kind: "bytes", bytes };
}
