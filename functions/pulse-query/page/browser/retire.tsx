import { useEffect, useRef, useState } from "preact/hooks";
import { setRetired } from "./api.ts";
import { useChange } from "./change.ts";

interface RetireProperties {
  service: string;
  isRetired: boolean;
}

/** Retires a service, once the reader has confirmed it, and brings it back. */
export function Retire({ service, isRetired }: RetireProperties) {
  const [changed, setChanged] = useState<boolean>();
  const { words, change } = useChange();
  const dialog = useRef<HTMLDialogElement>(null);
  const isOut = changed ?? isRetired;
  // pulse-query knows of the change some seconds later.
  useEffect(() => setChanged(undefined), [service, isRetired]);
  const turn = async () => {
    dialog.current?.close();
    const done = isOut ? "It is back, unless the file of settings retires it." : "It is retired.";
    if (await change(() => setRetired(service, !isOut), done)) setChanged(!isOut);
  };
  return (
    <div class="change">
      <button type="button" class="button" onClick={isOut ? turn : () => dialog.current?.showModal()}>
        {isOut ? "Bring it back" : "Retire…"}
      </button>
      <p role="status">{words}</p>
      <dialog ref={dialog} aria-labelledby="retire" aria-describedby="retire-what">
        <h2 id="retire">Retire {service}?</h2>
        <p id="retire-what">
          Within some seconds it is in no list, on no wall and in no alert. Its pulses stay, and so does this page,
          which can bring it back.
        </p>
        <button type="button" class="button" onClick={() => dialog.current?.close()}>
          Cancel
        </button>{" "}
        <button type="button" class="button" onClick={turn}>
          Retire
        </button>
      </dialog>
    </div>
  );
}
