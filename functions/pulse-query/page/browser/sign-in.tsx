import { useState } from "preact/hooks";
import { Masthead } from "./masthead.tsx";
import { signIn } from "./session.ts";

/** Asks for a token. */
export function SignIn({ reason, onDone }: { reason: string; onDone?: () => void }) {
  const [token, setToken] = useState("");
  const [words, setWords] = useState("");
  const send = async (event: Event) => {
    event.preventDefault();
    setWords("Signing in…");
    const problem = await signIn(token);
    setWords(problem ?? "");
    if (problem === undefined) onDone?.();
  };
  return (
    <>
      <Masthead connection={undefined} />
      <main id="main">
        <section class="card sign-in" aria-labelledby="sign-in">
          <h1 id="sign-in">Sign in</h1>
          <p>{reason}</p>
          <form onSubmit={send}>
            <label class="field">
              <span>Token</span>
              <input
                type="password"
                name="token"
                autocomplete="current-password"
                required
                value={token}
                onInput={(event) => setToken(event.currentTarget.value)}
              />
            </label>
            <button type="submit" class="button">
              Sign in
            </button>
          </form>
          <p role="status">{words}</p>
        </section>
      </main>
    </>
  );
}
