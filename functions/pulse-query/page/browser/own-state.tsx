import { useNow } from "./clock.ts";
import { useDeadLetterCount } from "./dead-letter-count.tsx";
import { describeWaiting } from "./dead-letter-facts.ts";
import { formatTime } from "./format.ts";
import type { Connection } from "./live.ts";
import { unjudgedSince } from "./verdict.ts";

/** How PulseMesh itself is, in one line: the banner says what is wrong, and this that nothing is. */
export function OwnState({ connection }: { connection: Connection }) {
  const now = useNow(connection.judged !== undefined);
  const letters = useDeadLetterCount();
  if (connection.state !== "live") return null;
  const { judged, notStored } = connection;
  const parts = [
    judged !== undefined && judged.until === null && "no service is judged yet",
    typeof judged?.until === "string" &&
      `health ${unjudgedSince(connection, now) === undefined ? "judged" : "not judged since"} ${formatTime(judged.until, now)}`,
    notStored === undefined ? "the store answers" : "pulses are not stored",
    letters !== undefined && describeWaiting(letters),
  ];
  return <p class="own-state">PulseMesh itself: {parts.filter((part) => part !== false).join(", ")}.</p>;
}
