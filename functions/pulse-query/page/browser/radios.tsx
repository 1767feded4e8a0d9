interface RadiosProperties<T extends string> {
  legend: string;
  name: string;
  options: Readonly<Record<T, { words: string }>>;
  /** `undefined` where it is none of them. */
  chosen: T | undefined;
  onChoose(option: T): void;
}

/** A choice of one of a few. */
export function Radios<T extends string>({ legend, name, options, chosen, onChoose }: RadiosProperties<T>) {
  return (
    <fieldset class="radios">
      <legend class="unseen">{legend}</legend>
      {(Object.keys(options) as T[]).map((option) => (
        <label key={option}>
          <input
            type="radio"
            name={name}
            value={option}
            checked={option === chosen}
            onChange={() => onChoose(option)}
          />
          <span>{options[option].words}</span>
        </label>
      ))}
    </fieldset>
  );
}
