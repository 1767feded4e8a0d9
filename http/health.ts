import { detailOf, problem } from "./problem.ts";
import type { HttpReply } from "./route.ts";

export const LIVENESS_PATH = "/health/live";
export const READINESS_PATH = "/health/ready";

/**
 * Rejects, with an error that names the remedy, while a server cannot do its work. Resolves with what does not work although
 * the server is ready, if there is something: no other process could do it better, and an answer says so.
 */
export type Check = () => Promise<string | undefined>;

const OK = "OK";

/** The answer of a server that lives or is ready; a second line of it says what does not work all the same. */
export function healthy(note?: string): HttpReply {
  const body = note === undefined ? OK : `${OK}\n${note}`;
  return { status: 200, headers: { "content-type": "text/plain" }, body };
}

/** The answer to a readiness probe: 503 with the message of what `check` rejects with. */
export async function readinessOf(check: Check): Promise<HttpReply> {
  try {
    return healthy(await check());
  } catch (error) {
    return problem(503, "Not ready", error instanceof Error ? error.message : String(error));
  }
}

/** What does not work, by a server's answer to a readiness probe. */
export async function whatFails(answer: Response): Promise<string | undefined> {
  const text = await answer.text();
  if (answer.ok) return text.startsWith(`${OK}\n`) ? text.slice(OK.length + 1) : undefined;
  return detailOf(text) ?? `It answers ${answer.status}.`;
}
