import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { expect } from "vitest";
import { runSend } from "../../feed/send/command.ts";
import { runCommand } from "../../feed/testing/command.ts";
import type { FilePlan, Packing } from "./file-plan.ts";
import { Marks } from "./marks.ts";
import { MARK, type Stored } from "./plan.ts";
import { expectPulses, type Product } from "./product.ts";

/** A pulse of a line. Where the line has no id, the id begins with the name of the file and the number of the line. */
interface Sent {
  pulse: Stored;
  idBegins: string;
}

let folders = 0;

/** Sends files, holds the command's words to the plans, and reads back what was accepted. */
export async function checkFiles(product: Product, parent: string, plans: readonly FilePlan[]): Promise<void> {
  const marks = new Marks(() => product.newMark());
  const folder = join(parent, String(folders++));
  mkdirSync(folder);
  const sent = await Promise.all(plans.map((plan, i) => sendFile(product, marks, join(folder, String(i)), plan)));
  rmSync(folder, { recursive: true });
  const read = await product.read(marks.services);
  const pulses = sent.flat().map(({ pulse, idBegins }) => {
    if (pulse.id !== undefined) return pulse;
    const ids = read.map(({ id }) => id).filter((id) => id?.startsWith(idBegins));
    expect(ids, `the ids that begin with ${idBegins}`).toHaveLength(1);
    return { ...pulse, id: ids[0] };
  });
  expectPulses(read, pulses);
}

async function sendFile(product: Product, marks: Marks, folder: string, plan: FilePlan): Promise<Sent[]> {
  const { ending, how, args } = plan;
  const isOpen = plan.isOpen && !how.isPacked;
  const lines = isOpen ? plan.lines.slice(0, -1) : plan.lines;
  const right = lines.flatMap(({ number, stored }) => (stored === undefined ? [] : [{ number, stored }]));
  const { mark, pulses } = marks.forPulses(right.map(({ stored }) => stored));
  // Marks are shared, and names of files must not be.
  const name = `${product.newMark()}${ending}`;
  mkdirSync(folder);
  const path = join(folder, name + (how.isPacked ? ".gz" : ""));
  writeFileSync(path, bytesOf(plan.text.replaceAll(MARK, mark), how));
  const command = ["--url", `${product.ingest}/pulse`, "--file", path, "--as-fast-as-possible"];
  const env = { PULSE_DATA_DIR: folder };
  const given = args.map((arg) => arg.replaceAll(MARK, mark));
  const { code, stdout, stderr } = await runCommand((io) =>
    runSend([...command, ...given], { ...io, env, stdin: Readable.from([]) }),
  );
  const said = `${command.join(" ")} ${given.join(" ")}\n${stdout}\n${stderr}`;
  const count = (what: string) => Number(new RegExp(`^${what} +(\\d+)$`, "m").exec(stdout)?.[1]);
  const refused = lines.filter(({ stored }) => stored === undefined);
  const counts = [count("lines read"), count("pulses accepted"), count("lines refused")];
  expect(counts, said).toEqual([lines.length, right.length, refused.length]);
  expect(code, said).toBe(refused.length > 0 || isOpen ? 3 : 0);
  for (const { number } of refused) expect(stderr, said).toContain(`${path}, line ${number}: `);
  return right.map(({ number }, i) => ({ pulse: pulses[i] as Stored, idBegins: `${name}:${number}-` }));
}

function bytesOf(text: string, { encoding, isPacked }: Packing): Buffer {
  const bytes =
    encoding === "utf8"
      ? Buffer.from(text)
      : encoding === "utf8 with a mark"
        ? Buffer.from(`\ufeff${text}`)
        : Buffer.from(`\ufeff${text}`, "utf16le");
  if (encoding === "utf16be") bytes.swap16();
  return isPacked ? gzipSync(bytes) : bytes;
}
