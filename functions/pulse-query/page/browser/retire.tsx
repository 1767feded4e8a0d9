import { useEffect, useRef, useState } from "preact/hooks";
import { type Refusal, setRetired } from "./api.ts";

interface RetireProperties {
  service: string;
  isRetired: boolean;
}

/** Retires a service, once the reader has confirmed it, and brings it back. Who has no right to it is told so by pulse-query. */
export function Retire({ service, isRetired }: RetireProperties) {
  const [changed, setChanged] = useState<boolean>();
  const [words, setWords] = useState("");
  const dialog = useRef<HTMLDialogElement>(null);
  const isOut = changed ?? isRetired;
  // pulse-query knows of the change some seconds later.
  useEffect(() => setChanged(undefined), [service, isRetired]);
  const change = async () => {
    dialog.current?.close();
    setWords("…");
    try {
      await setRetired(service, !isOut);
      setChanged(!isOut);
      setWords(isOut ? "It is back, unless the file of settings retires it." : "It is retired.");
    } catch (error) {
      const { status, message } = error as Refusal;
      setWords(`Nothing has changed. ${message}${status === 401 ? " Sign in with a token that may change it." : ""}`);
    }
  };
  return (
    <div class="retire">
      <button type="button" class="button" onClick={isOut ? change : () => dialog.current?.showModal()}>
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
        <button type="button" class="button" onClick={change}>
          Retire
        </button>
      </dialog>
    </div>
  );
}
