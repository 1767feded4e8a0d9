import type { ComponentChildren } from "preact";
import { DeadLettersLink } from "./dead-letter-count.tsx";
import type { Connection } from "./live.ts";
import { signOut, useSession } from "./session.ts";
import { ThemeChoice } from "./theme.tsx";

const WORDS: Readonly<Record<Connection["state"], string>> = {
  waiting: "connecting",
  live: "live",
  away: "store away",
  stale: "stale",
  lost: "reconnecting",
  resting: "connecting",
};

interface MastheadProperties {
  connection: Connection | undefined;
  children?: ComponentChildren;
}

/** The bar at the top of every view. */
export function Masthead({ connection, children }: MastheadProperties) {
  return (
    <header>
      <a class="brand" href="#/">
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M1 9h3l2-6 3 11 2-5h4" />
        </svg>
        PulseMesh
      </a>
      <div class="tools">{children}</div>
      <nav aria-label="Views">
        <DeadLettersLink />
      </nav>
      <SignInOrOut />
      <ThemeChoice />
      {connection !== undefined && (
        <p class="connection" role="status" data-state={connection.state}>
          {WORDS[connection.state]}
        </p>
      )}
    </header>
  );
}

/** Nothing where no token changes what a reader may do. */
function SignInOrOut() {
  const session = useSession();
  if (session?.is_signed_in) {
    return (
      <button type="button" class="button" onClick={signOut}>
        Sign out
      </button>
    );
  }
  return session?.can_sign_in && session.may_read ? <a href="#/sign-in">Sign in</a> : null;
}
