import { useEffect, useRef, useState } from "preact/hooks";
import type { PlannedWorkView } from "../../answers.ts";
import { setMaintenance } from "./api.ts";
import { useChange } from "./change.ts";
import { describePlan } from "./past-words.ts";

const HOUR_MS = 3_600_000;

interface MaintenanceProperties {
  service: string;
  plan: readonly PlannedWorkView[];
}

/** Says which work on a service is planned, begins some now until a time that the reader gives, and ends it. */
export function Maintenance({ service, plan }: MaintenanceProperties) {
  const [changed, setChanged] = useState<readonly PlannedWorkView[]>();
  const [until, setUntil] = useState("");
  const [reason, setReason] = useState("");
  const { words, change } = useChange();
  const dialog = useRef<HTMLDialogElement>(null);
  const known = JSON.stringify(plan);
  // pulse-query knows of the change some seconds later.
  useEffect(() => setChanged(undefined), [service, known]);
  const planned = describePlan(changed ?? plan, Date.now());
  const open = () => {
    setUntil(localMinuteOf(Date.now() + HOUR_MS));
    dialog.current?.showModal();
  };
  const begin = async (event: Event) => {
    event.preventDefault();
    dialog.current?.close();
    const work = { from: new Date().toISOString(), to: new Date(until).toISOString(), reason };
    if (await change(() => setMaintenance(service, work), "It is in maintenance.")) setChanged([work]);
  };
  const end = async () => {
    const done = "It is over, unless the file of settings plans it.";
    if (await change(() => setMaintenance(service, undefined), done)) setChanged([]);
  };
  return (
    <div class="change">
      <button type="button" class="button" onClick={open}>
        Maintenance…
      </button>
      {planned !== undefined && (
        <>
          <button type="button" class="button" onClick={end}>
            End maintenance
          </button>
          <p>{planned}</p>
        </>
      )}
      <p role="status">{words}</p>
      <dialog ref={dialog} aria-labelledby="maintenance" aria-describedby="maintenance-what">
        <form onSubmit={begin}>
          <h2 id="maintenance">Maintenance of {service}</h2>
          <p id="maintenance-what">
            From now on, what happens is no incident, and in no alert and no uptime. This takes the place of what was
            planned here or by the API.
          </p>
          <label class="field">
            <span>Until</span>
            <input
              type="datetime-local"
              required
              value={until}
              onInput={(event) => setUntil(event.currentTarget.value)}
            />
          </label>
          <label class="field">
            <span>Reason</span>
            <input
              required
              maxLength={500}
              autocomplete="off"
              value={reason}
              onInput={(event) => setReason(event.currentTarget.value)}
            />
          </label>
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>{" "}
          <button type="submit" class="button">
            Begin
          </button>
        </form>
      </dialog>
    </div>
  );
}

/** A moment (epoch ms) by the reader's clock, as a field for a date and a time has it. */
function localMinuteOf(time: number): string {
  const offsetMs = new Date(time).getTimezoneOffset() * 60_000;
  return new Date(time - offsetMs).toISOString().slice(0, 16);
}
