import { DeadLetters } from "./dead-letters.tsx";
import { SubPage } from "./sub-page.tsx";

/** The dead letters of all services. */
export function DeadLettersView() {
  const lead = <p class="rhythm">Accepted events that could not be stored. Correct one and replay it.</p>;
  return (
    <SubPage title="Dead letters" lead={lead}>
      <DeadLetters />
    </SubPage>
  );
}
