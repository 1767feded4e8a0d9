import { OWN_SERVICE } from "../events/own-service.ts";
import type { PulseReader, StoredPulse } from "../storage/ports.ts";

/** As `latest` of a store, without PulseMesh's own service. */
export async function* latestOfOthers(
  reader: Pick<PulseReader, "latest">,
  after?: string,
  isBare?: boolean,
): AsyncGenerator<readonly StoredPulse[]> {
  for await (const chunk of reader.latest(after, isBare)) {
    const others = chunk.filter(({ service_name: name }) => name !== OWN_SERVICE);
    if (others.length > 0) yield others;
  }
}

/** As `names` of a store, without PulseMesh's own service. */
export async function* namesOfOthers(reader: Pick<PulseReader, "names">): AsyncGenerator<readonly string[]> {
  for await (const chunk of reader.names()) {
    const others = chunk.filter((name) => name !== OWN_SERVICE);
    if (others.length > 0) yield others;
  }
}
