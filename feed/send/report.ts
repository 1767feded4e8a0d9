/** What a run of `send` has done. */
export interface SendCounts {
  /** Lines read, without blank ones and the header. */
  lines: number;
  accepted: number;
  /** Lines that hold no valid pulse. */
  refused: number;
  /** The number of a last line that was left for later, because no line break ends it yet. */
  openLine: number | undefined;
  requests: number;
  retries: number;
  seconds: number;
}

/** The summary at the end. */
export function formatCounts({ lines, accepted, refused, requests, retries, seconds }: SendCounts): string {
  const rows = [
    ["lines read", String(lines)],
    ["pulses accepted", String(accepted)],
    ["lines refused", String(refused)],
    ["requests", retries === 0 ? String(requests) : `${requests} (and ${retries} tries again)`],
    ["seconds", seconds.toFixed(1)],
    ["pulses a second", String(Math.round(accepted / Math.max(seconds, 0.001)))],
  ];
  const table = rows.map(([what, count]) => `${what?.padEnd(18)}${count}`).join("\n");
  if (accepted === 0) return `${table}\n`;
  return `${table}\nAn accepted pulse that was stored before is not stored again; how many those are is not known here.\n`;
}
