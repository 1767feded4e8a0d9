// What earlier runs have sent of a file, and what that means for the lines that are sent now.
import { hashOf, type InputFile, isSameBefore, readFileLines, textOf } from "./line-source.ts";
import type { FilePosition } from "./lines.ts";
import type { SendState } from "./state.ts";

const BESIDE =
  "a line that makes the same pulse at the same place is stored once, and any other is stored beside what was sent before; where a line names its id, that decides";

/** The end of the line that was read last, if all up to it reads as it did. Its line break may have come since. */
export async function positionAfter(state: SendState, file: InputFile, signal: AbortSignal): Promise<FilePosition> {
  const end = await endOfSent(state, file, signal);
  if (end !== undefined || signal.aborted) return end ?? state.position;
  throw new Error(
    `${file.path} is not as an earlier run read it: up to line ${state.position.line} it was changed or cut. Use --restart to send it from its first line: ${BESIDE}.`,
  );
}

async function endOfSent(
  { last, position }: SendState,
  file: InputFile,
  signal: AbortSignal,
): Promise<FilePosition | undefined> {
  if (last === undefined) return position;
  if (!(await isSameBefore(file, last, signal))) return undefined;
  for await (const [line] of readFileLines(file, { ...last, line: position.line - 1 }, signal)) {
    return line !== undefined && hashOf(textOf(line)) === last.hash ? line.end : undefined;
  }
  return undefined;
}

/** What the store will make of lines that are sent once more, in a sentence for the user. */
export async function noticeOfRestart(former: SendState, shiftMs: number, file: InputFile, signal: AbortSignal) {
  const before = `${former.accepted} pulses were accepted before`;
  if ((former.shiftMs ?? 0) !== shiftMs) {
    return `${before}, their times shifted otherwise: each of those is another pulse, and the store keeps both.`;
  }
  const isSame = (await endOfSent(former, file, signal)) !== undefined;
  return isSame
    ? `${before}, from lines that read as they do now: those are not stored again.`
    : `${before}, and the file was changed since: ${BESIDE}.`;
}

/** What the store will make of lines that were sent with other options, in a sentence for the user. */
export function noticeOfOtherOptions(accepted: number, path: string): string {
  return `${path} was sent with other options before, and ${accepted} pulses were accepted: ${BESIDE}.`;
}
