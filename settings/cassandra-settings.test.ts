import { describe, expect, it } from "vitest";
import { cassandraSettings, localCassandraSettings } from "./cassandra-settings.ts";
import { readSettings } from "./read.ts";

describe("Cassandra's settings", () => {
  it("have no contact points unless they are given", () => {
    const settings = readSettings(cassandraSettings, {});
    expect(settings).toMatchObject({ contactPoints: undefined, keyspace: "pulsemesh", replication: undefined });
  });

  it.each([
    ["10.0.0.1", ["10.0.0.1"]],
    ["a:1, b-c.d:65535", ["a:1", "b-c.d:65535"]],
    ["[::1]:9042,[fe80::1]", ["[::1]:9042", "[fe80::1]"]],
  ])("take %s for contact points", (text, points) => {
    expect(readSettings(cassandraSettings, { PULSE_CASSANDRA_CONTACT_POINTS: text }).contactPoints).toEqual(points);
  });

  it.each(["a:70000", "a b", "http://a:9042", ",", "a:"])("refuse %j as contact points", (text) => {
    expect(() => readSettings(cassandraSettings, { PULSE_CASSANDRA_CONTACT_POINTS: text })).toThrow(
      /PULSE_CASSANDRA_CONTACT_POINTS: Expected host:port/,
    );
  });

  it("take replicas by data centre", () => {
    const read = (text: string) => readSettings(cassandraSettings, { PULSE_CASSANDRA_REPLICATION: text }).replication;
    expect(read("dc1:3, dc-2:5")).toEqual({ dc1: 3, "dc-2": 5 });
    for (const wrong of ["dc1", "dc1:0", "dc1=3", "dc'1:3"]) expect(() => read(wrong)).toThrow(/Expected data centres/);
  });

  it("have one local node or three, and nothing between", () => {
    const nodesOf = (NODES: string) => readSettings(localCassandraSettings, { NODES }).nodes;
    expect([nodesOf(""), nodesOf("1"), nodesOf("3")]).toEqual(["1", "1", "3"]);
    expect(() => nodesOf("2")).toThrow('NODES: Expected one of 1, 3, got "2"');
  });

  it("refuse a keyspace that CQL would need in quotes", () => {
    expect(() => readSettings(cassandraSettings, { PULSE_CASSANDRA_KEYSPACE: "Pulse-Mesh" })).toThrow(/a–z/);
  });
});
