// An HTTP host in a test's process, and requests to it.
import { expect, onTestFinished, vi } from "vitest";
import { SMALL_BYTES } from "../shedding.ts";
import { openRawConnection, type RawAnswer, type RawConnection, rawRequest } from "./raw-connection.ts";

/** Settings of the host that a test opens. */
export interface HostOptions {
  requestTimeoutMs?: number;
  answerTimeoutMs?: number;
  graceMs?: number;
}

/** A host in this process, for one test. */
export interface Host {
  port: number;
  /** A POST that the host answers with 202. Its body is JSON, so that blanks at the end do not change it. */
  post: { path: string; headers: Record<string, string>; body: string };
  /** The answer to that POST with a query. */
  queryStatus: 202 | 404;
  maxBodyBytes: number;
  maxReadingBytes: number;
  /** The log's lines so far. */
  lines: readonly Record<string, unknown>[];
  /** Tells the host to stop, and resolves when it has. */
  stop(): Promise<unknown>;
}

/** Opens a host for one test and closes it afterwards. */
export type OpenHost = (options?: HostOptions) => Promise<Host>;

/** Connects to a host until the test ends, from one of this machine's addresses. */
export async function connect({ port }: Host, from?: string): Promise<RawConnection> {
  const connection = await openRawConnection(port, from);
  onTestFinished(() => void connection.socket.destroy());
  return connection;
}

/** Sends a text on a new connection and reads the answer. */
export async function exchange(host: Host, text: string): Promise<RawAnswer> {
  const connection = await connect(host);
  connection.send(text);
  return connection.answer();
}

/** The POST that the host accepts, with other headers or another body. */
export function accepted({ post }: Host, headers: Record<string, string> = {}, body = post.body): string {
  return rawRequest(`POST ${post.path}`, { ...post.headers, ...headers }, body);
}

/** Expects a problem document of that status. */
export function expectProblem(answer: RawAnswer, status: number): void {
  expect([answer.status, answer.headers["content-type"]]).toEqual([status, "application/problem+json"]);
  expect(answer.json()).toMatchObject({
    type: "about:blank",
    status,
    title: expect.any(String),
    detail: expect.any(String),
  });
}

/** Sends bodies of a size without their last byte, as many as the host reads at one time, from one of this machine's addresses. */
export async function stallBodies(host: Host, size: number, from?: string): Promise<RawConnection[]> {
  const senders: RawConnection[] = [];
  for (let bytes = 0; bytes + size - 1 <= host.maxReadingBytes; bytes += size - 1) {
    const sender = await connect(host, from);
    sender.send(accepted(host, { "content-length": String(size) }, " ".repeat(size - 1)));
    senders.push(sender);
  }
  return senders;
}

/** Sends small bodies without their last byte until the host reads no more of others; gives a function that takes them back. */
export async function fillReading(host: Host): Promise<() => void> {
  const senders = await stallBodies(host, SMALL_BYTES);
  await vi.waitFor(async () => expect((await exchange(host, accepted(host, {}, someBytes(host)))).status).toBe(429));
  return () => {
    for (const { socket } of senders) socket.destroy();
  };
}

/** A body for which {@link fillReading} leaves no room. */
export function someBytes({ post }: Host): string {
  return post.body.padEnd(1000);
}
