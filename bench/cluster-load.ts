// The load of bench/cluster.ts. It runs as a pod, so that only the cluster's network lies between it and PulseMesh.
import { type LoadResult, runLoad } from "./load.ts";
import { eventRequests, manyRequest, singleRequest } from "./requests.ts";

/** The task of the load's pod, as JSON in its environment. */
export interface ClusterLoad {
  kind: "event" | "single" | "many";
  host: string;
  path: string;
  connections: number;
  pulsesARequest: number;
  warmUpSeconds: number;
  seconds: number;
}

/** The pod's result, as a line of JSON. */
export interface ClusterLoadResult extends LoadResult {
  /** The load's own CPU time while it measured. */
  cpuMicros: number;
}

const load: ClusterLoad = JSON.parse(process.env.LOAD ?? "");
const headers = { host: load.host };
const nexts: Record<ClusterLoad["kind"], () => () => Buffer> = {
  event: () => eventRequests(load.path, headers),
  single: () => always(singleRequest(load.path, headers)),
  many: () => always(manyRequest(load.pulsesARequest, headers)),
};
const target = { host: load.host, port: 80, connections: load.connections, next: nexts[load.kind]() };

await runLoad(target, load.warmUpSeconds * 1000);
console.log("warm");
const before = process.cpuUsage();
const measured = await runLoad(target, load.seconds * 1000);
const { user, system } = process.cpuUsage(before);
const result: ClusterLoadResult = { ...measured, cpuMicros: user + system };
console.log(JSON.stringify(result));

function always(request: Buffer): () => Buffer {
  return () => request;
}
