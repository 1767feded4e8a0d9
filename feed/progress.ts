import { MultiBar, type SingleBar } from "cli-progress";
import { forTerminal } from "../settings/terminal-text.ts";

/** What the user sees while a command sends pulses. */
export interface Progress {
  /** @param done how much of the total, in the total's unit */
  update(done: number, accepted: number): void;
  /** Writes a line, above the bar if there is one. */
  log(line: string): void;
  stop(): void;
}

/** A terminal, or any other place that takes text. */
export interface Screen {
  isTTY?: boolean;
  write(text: string): unknown;
}

const LINE_EVERY_MS = 5000;

/**
 * A bar in a terminal, and a line every few seconds anywhere else.
 * @param total what `done` grows to; `undefined` when nobody knows
 */
export function createProgress(screen: NodeJS.WriteStream | Screen, total: number | undefined): Progress {
  const rate = rateMeter();
  return screen.isTTY ? barOn(screen as NodeJS.WriteStream, total, rate) : linesOn(screen, total, rate);
}

function barOn(screen: NodeJS.WriteStream, total: number | undefined, rate: (accepted: number) => number): Progress {
  const known = "{bar} {percentage} % | {accepted} pulses | {rate}/s | {eta_formatted} left";
  const unknown = "{accepted} pulses | {rate}/s | {duration_formatted}";
  const bars = new MultiBar({
    stream: screen,
    format: total === undefined ? unknown : known,
    hideCursor: true,
    etaBuffer: 50,
    fps: 5,
  });
  const bar: SingleBar = bars.create(total ?? 0, 0, { accepted: 0, rate: 0 });
  return {
    update: (done, accepted) => bar.update(total === undefined ? 0 : done, { accepted, rate: rate(accepted) }),
    log: (line) => bars.log(`${forTerminal(line, "\n")}\n`),
    stop: () => bars.stop(),
  };
}

function linesOn(screen: Screen, total: number | undefined, rate: (accepted: number) => number): Progress {
  let writtenAt = performance.now();
  return {
    update: (done, accepted) => {
      if (performance.now() - writtenAt < LINE_EVERY_MS) return;
      writtenAt = performance.now();
      const share = total === undefined || total === 0 ? "" : `${Math.floor((done / total) * 100)} % | `;
      screen.write(`${share}${accepted} pulses | ${rate(accepted)}/s\n`);
    },
    log: (line) => screen.write(`${forTerminal(line, "\n")}\n`),
    stop: () => undefined,
  };
}

// The rate of the last seconds: the mean since the start would hide a standstill.
function rateMeter(): (accepted: number) => number {
  const marks = [{ at: performance.now(), accepted: 0 }];
  return (accepted) => {
    const now = performance.now();
    const last = marks.at(-1);
    if (last === undefined || now - last.at > 500) marks.push({ at: now, accepted });
    if (marks.length > 10) marks.shift();
    const [first] = marks;
    if (first === undefined || now <= first.at) return 0;
    return Math.round(((accepted - first.accepted) / (now - first.at)) * 1000);
  };
}
