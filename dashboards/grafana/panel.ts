import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import type { VariableModel } from "@grafana/grafana-foundation-sdk/dashboard";

/** What a dashboard consists of, as data. build-panel.ts and build-board.ts make Grafana's JSON of it. */
export interface Board {
  /** Makes the uid `pulsemesh-<name>`, which links use. */
  name: string;
  title: string;
  description: string;
  /** Where its panels ask. @default "prometheus" */
  source?: "prometheus" | "loki";
  variables?: readonly Builder<VariableModel>[];
  rows: readonly Row[];
}

/** A row of panels under a heading. */
export interface Row {
  title: string;
  /** Closed until someone opens it: for panels that only some installations fill. */
  collapsed?: boolean;
  /** What its panels have in common, unless they say otherwise. */
  each?: Partial<Panel>;
  panels: Panels;
}

/** Panels by title. */
export type Panels = Readonly<Record<string, Panel>>;

export type PanelKind = "curves" | "figures" | "bands" | "heat map" | "table" | "log curves" | "log lines";

export interface Panel {
  /** What it shows and how to read it. Grafana shows this behind the panel's "i". */
  description: string;
  /** @default "curves" */
  kind?: PanelKind;
  /** Grafana's name of a unit such as `s`, or `health`: codes of health as coloured words. @default "short" */
  unit?: string;
  queries: readonly Query[];
  /** The width in columns of 24. @default 8 */
  span?: number;
  /** @default the kind's */
  height?: number;
  /** The values from which it is yellow and red. */
  limits?: readonly [warning: number, critical: number];
  stacked?: boolean;
  decimals?: number;
}

/** A query and the name of its curve, in which `{{label}}` is replaced. Columns of a table have a unit each. */
export type Query = readonly [expr: string, legend?: string, unit?: string];
