import type { Field, ValuesOf } from "./field.ts";

/** One setting: an environment variable, what it may hold, and what it is for. */
export interface Setting<T> extends Field<T> {
  variable: string;
  /** One sentence or more, for the table of settings. */
  doc: string;
}

export type Settings = Readonly<Record<string, Setting<unknown>>>;
export type SettingsOf<D extends Settings> = ValuesOf<D>;

export function setting<T>(variable: string, field: Field<T>, doc: string): Setting<T> {
  return { ...field, variable, doc };
}
