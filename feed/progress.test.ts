import { PassThrough } from "node:stream";
import { describe, expect, it, vi } from "vitest";
import { createProgress } from "./progress.ts";

/** What the bar takes for a terminal. */
function terminal() {
  const stream = Object.assign(new PassThrough(), {
    isTTY: true,
    columns: 100,
    rows: 30,
    cursorTo: () => true,
    moveCursor: () => true,
    clearLine: () => true,
    clearScreenDown: () => true,
  });
  let text = "";
  stream.on("data", (chunk) => {
    text += chunk;
  });
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => text };
}

describe("progress in a terminal", () => {
  it("is a bar with share, count and rate, and log lines appear above it", async () => {
    const { stream, text } = terminal();
    const progress = createProgress(stream, 1000);
    progress.log("line 3: bad");
    progress.update(500, 40);
    await vi.waitFor(() => expect(text()).toMatch(/50 % \| 40 pulses \| \d+\/s/));
    progress.stop();
    expect(text()).toContain("line 3: bad\n");
  });

  it("has no share when the total is unknown", async () => {
    const { stream, text } = terminal();
    const progress = createProgress(stream, undefined);
    progress.update(500, 40);
    await vi.waitFor(() => expect(text()).toMatch(/40 pulses \| \d+\/s/));
    progress.stop();
    expect(text()).not.toContain("%");
  });
});

describe("progress anywhere else", () => {
  it("is a line every few seconds", () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const lines: string[] = [];
    const progress = createProgress({ write: (text) => lines.push(text) }, 200);
    for (let second = 1; second <= 12; second++) {
      vi.advanceTimersByTime(1000);
      progress.update(second * 10, second * 100);
    }
    progress.log("a line");
    progress.stop();
    vi.useRealTimers();
    expect(lines).toEqual(["25 % | 500 pulses | 100/s\n", "50 % | 1000 pulses | 100/s\n", "a line\n"]);
  });
});
