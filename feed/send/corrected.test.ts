// Files that somebody corrects, or sends with other options, after a run.
import { describe, expect, it } from "vitest";
import { FAST, linesIn, openSendCommand } from "../testing/send-command.ts";

const NOW = Date.now();

async function openCorrectedFile(...lines: string[]) {
  const { ingest, run, write } = await openSendCommand();
  const correct = (...corrected: string[]) => write("a.csv", `timestamp,value\n${corrected.join("\n")}\n`);
  correct(...lines);
  const send = (...args: string[]) => run(["--file", "a.csv", "--service", "checkout", FAST, ...args]);
  const latencies = () => [...ingest.pulses.values()].map((pulse) => pulse.latency_ms);
  return { ingest, correct, send, latencies };
}

const line = (value: string, agoMs = 0) => `${NOW - agoMs},${value}`;

describe("send, for a file that was corrected", () => {
  it.each([
    ["the first line", "x", "2"],
    ["a later line", "1", "x"],
  ])("stores a line that was refused, and no other a second time: %s", async (_, first, second) => {
    const { ingest, correct, send, latencies } = await openCorrectedFile(line(first), line(second), line("3"));
    expect(await send()).toMatchObject({ code: 3 });
    const former = [...ingest.pulses.keys()];
    correct(line("1"), line("2"), line("3"));
    const { code, stderr } = await send();
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringMatching(/changed or cut.*--restart/) });
    const again = await send("--restart");
    expect(again).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^2 pulses were accepted before, and the file/),
    });
    expect([...ingest.pulses.keys()].slice(0, 2)).toEqual(former);
    expect({ lines: linesIn(ingest), latencies: latencies().sort() }).toEqual({
      lines: [2, 3, 4],
      latencies: [1, 2, 3],
    });
  });

  it("stores another value beside the former one, and says so", async () => {
    const { send, correct, latencies } = await openCorrectedFile(line("1"), line("2"), line("3"));
    await send();
    correct(line("1"), line("7"), line("3"));
    expect(await send("--restart")).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/the file was changed since: .* any other is stored beside what was sent before;/),
    });
    expect(latencies()).toEqual([1, 2, 3, 7]);
  });

  it("stores all of another file of the same name, even where its first line is the same", async () => {
    const { ingest, send, correct } = await openCorrectedFile(line("1"), line("2", 1));
    await send();
    correct(line("1"), line("3", 2), line("4", 3));
    await send("--restart");
    expect(linesIn(ingest)).toEqual([2, 3, 3, 4]);
  });

  it("says that another shift makes other pulses", async () => {
    const { ingest, send } = await openCorrectedFile("1394163660,1");
    await send("--shift-to-now");
    expect(await send("--shift-to-now", "--restart")).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/1 pulses were accepted before, their times shifted otherwise/),
    });
    expect(ingest.pulses.size).toBe(2);
  });

  it("tells again and again that lines were refused, until they are corrected", async () => {
    const { send, correct } = await openCorrectedFile(line("1"), line("x"));
    expect(await send()).toMatchObject({ code: 3 });
    expect(await send()).toMatchObject({ code: 3, stderr: expect.stringMatching(/1 pulses\. .*1 lines were refused/) });
    correct(line("1"), line("x"), line("3"));
    expect(await send()).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/1 pulses were accepted before, and 1 lines refused\./),
    });
    correct(line("1"), line("2"), line("3"));
    expect(await send("--restart")).toMatchObject({ code: 0 });
    expect(await send()).toMatchObject({ code: 0, stderr: expect.not.stringContaining("refused") });
  });
});

describe("send, with other options than before", () => {
  it.each([
    ["--decimal", ["--separator", ";"], ["--separator", ";", "--decimal", ","], "timestamp;value", `${NOW};1,5`, [1.5]],
    ["--separator", ["--separator", "|"], [], "timestamp,value", line("1"), [1]],
    [
      "--columns",
      ["--columns", "timestamp,value"],
      ["--columns", "timestamp,value=other"],
      "timestamp,value,other",
      line("1,2"),
      [1, 2],
    ],
    ["--statuses", [], ["--statuses", "ok=error"], "timestamp,value,status", line("1,ok"), [1, 1]],
  ])("sends the file in the other way: %s", async (_, before, after, header, row, latencies) => {
    const { ingest, run, write } = await openSendCommand();
    write("a.csv", `${header}\n${row}\n`);
    const send = (more: readonly string[]) => run(["--file", "a.csv", "--service", "checkout", FAST, ...more]);
    await send(before);
    const accepted = ingest.taken;
    expect(await send(after)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/pulses accepted +1\n/),
      stderr:
        accepted === 0 ? expect.any(String) : expect.stringMatching(/sent with other options before, and 1 pulses/),
    });
    expect([...ingest.pulses.values()].map((pulse) => pulse.latency_ms)).toEqual(latencies);
  });
});
