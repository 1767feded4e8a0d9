import { useEffect, useState } from "preact/hooks";
import type { Session } from "../../answers.ts";

let known: Session | undefined;
const listeners = new Set<(session: Session | undefined) => void>();

/** Asks again what this browser may do: its token may have been revoked, or it has signed in in another tab. */
export async function askSession(): Promise<void> {
  const response = await fetch("session").catch(() => undefined);
  if (!response?.ok) return;
  known = (await response.json()) as Session;
  for (const listener of listeners) listener(known);
}

/** What this browser may do; `undefined` until pulse-query has said it. */
export function useSession(): Session | undefined {
  const [session, setSession] = useState(known);
  useEffect(() => {
    listeners.add(setSession);
    setSession(known);
    return () => void listeners.delete(setSession);
  }, []);
  return session;
}

/** Signs in with a token. @returns what is wrong, or nothing */
export async function signIn(token: string): Promise<string | undefined> {
  const response = await post("sign-in", JSON.stringify({ token })).catch(() => undefined);
  if (response === undefined) return "pulse-query cannot be reached.";
  if (!response.ok)
    return ((await response.json().catch(() => ({}))) as { detail?: string }).detail ?? "Not signed in.";
  await askSession();
  return undefined;
}

/** Signs out, and forgets what the page shows. */
export async function signOut(): Promise<void> {
  await post("sign-out");
  location.reload();
}

function post(path: string, body?: string): Promise<Response> {
  return fetch(path, {
    method: "POST",
    ...(body !== undefined && { headers: { "content-type": "application/json" }, body }),
  });
}
