import { changeQuery } from "./page-view.ts";

interface SelectProperties<T extends string> {
  /** Also its name in the address. */
  id: string;
  label: string;
  options: Readonly<Record<T, string>>;
  value: T;
  /** What the address does not say. */
  absent: T;
}

/** A choice of one of many, which the address keeps. */
export function Select<T extends string>({ id, label, options, value, absent }: SelectProperties<T>) {
  return (
    <label class="field">
      <span class="unseen">{label}</span>
      <select
        id={id}
        value={value}
        onChange={({ currentTarget: { value: chosen } }) => changeQuery({ [id]: chosen === absent ? "" : chosen })}
      >
        {(Object.entries(options) as [T, string][]).map(([name, words]) => (
          <option key={name} value={name}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}
