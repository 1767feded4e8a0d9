import type { ComponentChildren } from "preact";

interface TableProperties {
  id?: string;
  label: string;
  /** Each column's name, and the class of its head. */
  columns: Readonly<Record<string, string>>;
  children: ComponentChildren;
}

/** A table in a box that scrolls. */
export function Table({ id, label, columns, children }: TableProperties) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard must reach what scrolls
    <section class="scroll" tabIndex={0} aria-label={label}>
      <table id={id}>
        <thead>
          <tr>
            {Object.entries(columns).map(([name, kind]) => (
              <th key={name} scope="col" class={kind}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}
