import type { ServiceDetail, ServiceView } from "../../answers.ts";

/** What pulse-health tells of a service, beside its health. */
interface Told {
  since?: string | null;
  cause?: string;
  in_maintenance?: boolean;
}
/** The same of one that was asked for by its name. */
interface ToldDetail extends Told {
  flapping?: boolean;
  owner?: string | null;
  link?: string | null;
}

export type ToldService = ServiceView & Told;
export type ToldServiceDetail = ServiceDetail & ToldDetail;
