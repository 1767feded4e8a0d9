// The least that a change must pass: up, Ready services, a pulse each way, down.
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from "vitest";
import { sendAPulseEachWay } from "./both-ways.ts";
import { expectCassandraSetUp, expectSmallImage } from "./parts.ts";
import { describeCluster, expectNothingLeft, expectServicesReady, make, resolveLocalhostNames } from "./world.ts";

describe("PulseMesh on a KIND cluster", () => {
  beforeAll(resolveLocalhostNames);
  afterAll(() => make("down"));

  it("comes up", async () => {
    onTestFailed(async () => console.log(await describeCluster()));
    expect(await make("up")).toContain("PulseMesh is up");
  });

  it("has Ready services", async () => {
    await expectServicesReady();
  });

  it("runs an image at most 10 MB over Node's, and a Cassandra that writes its log before it answers and naps long", async () => {
    await expectSmallImage();
    await expectCassandraSetUp();
  });

  it("stores a pulse sent each way", async () => {
    onTestFailed(async () => console.log(await describeCluster()));
    await sendAPulseEachWay("smoke");
  });

  it("goes down and leaves nothing behind", async () => {
    await make("down");
    await expectNothingLeft();
  });
});
