import type { Share } from "../../history/history.ts";
import type { PulseReader, StoredPulse } from "../../storage/ports.ts";
import type { Span } from "../../storage/span.ts";

/** When the pulses of a service began to say another version. */
export interface VersionChange {
  /** Epoch ms: the first such pulse, to a second. */
  time: number;
  version: string;
}

/** So many pulses of a span are looked at: what lasts for a shorter part of it may be missed. */
const SAMPLES = 60;
/** While instances are replaced one by one, old and new pulses alternate: what one of the last few said is no news. */
const RECENT = 3;
const MAX_CHANGES = 20;
const EXACT_TO_MS = 1000;

/**
 * The newest changes of `metadata.version` (or `service.version`, which OpenTelemetry says) in a span, oldest first. Nothing is kept of
 * versions: some pulses are looked at, each in a turn, and between two that differ the first one is looked for.
 * @throws {StoreError} @throws once the signal aborts
 */
export async function versionChanges(
  reader: Pick<PulseReader, "page">,
  service: string,
  span: Span,
  { signal, nextTurn }: Required<Pick<Share, "nextTurn">> & Pick<Share, "signal">,
): Promise<VersionChange[]> {
  const newestIn = async (within: Span): Promise<StoredPulse | undefined> => {
    await nextTurn();
    signal?.throwIfAborted();
    const page = await reader.page(service, within, 1);
    return page.ok ? page.value.pulses[0] : undefined;
  };

  async function sample(): Promise<VersionChange[]> {
    const stepMs = Math.max(1, Math.ceil((span.to - span.from) / SAMPLES));
    const found: StoredPulse[] = [];
    // The last one is from before the span: it says what was new in it.
    for (let to = span.to; ; ) {
      const pulse = await newestIn({ from: 0, to });
      if (pulse === undefined) break;
      found.push(pulse);
      if (pulse.event_time < span.from) break;
      to = Math.max(span.from, Math.min(pulse.event_time, to - stepMs));
    }
    return found.reverse().flatMap((pulse) => {
      const version = versionOf(pulse);
      return version === undefined ? [] : [{ time: pulse.event_time, version }];
    });
  }

  /** The first pulse with a version after a time, where one is known. */
  async function firstOf({ time, version }: VersionChange, after: number): Promise<VersionChange> {
    let [from, to] = [after, time];
    while (to - from > EXACT_TO_MS) {
      const middle = Math.floor((from + to) / 2);
      const pulse = await newestIn({ from: from + 1, to: middle + 1 });
      if (pulse !== undefined && versionOf(pulse) === version) to = pulse.event_time;
      else from = middle;
    }
    return { time: to, version };
  }

  const samples = await sample();
  const changes: VersionChange[] = [];
  for (let i = samples.length - 1; i > 0 && changes.length < MAX_CHANGES; i--) {
    const [one, before] = [samples[i] as VersionChange, samples[i - 1] as VersionChange];
    const recent = samples.slice(Math.max(0, i - RECENT), i);
    if (recent.some(({ version }) => version === one.version)) continue;
    const change = await firstOf(one, before.time);
    if (change.time >= span.from) changes.unshift(change);
  }
  return changes;
}

function versionOf({ metadata }: StoredPulse): string | undefined {
  return metadata?.version ?? metadata?.["service.version"];
}
