import { readdirSync, readFileSync } from "node:fs";

/** The memory of a process that is resident now, in bytes. @throws where it has ended: then it has none */
export function residentBytes(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  if (kilobytes === undefined) throw new Error(`Expected process ${pid} to have memory, got one that has ended`);
  return 1024 * Number(kilobytes);
}

/** How many file handles a process holds. */
export function handlesOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
