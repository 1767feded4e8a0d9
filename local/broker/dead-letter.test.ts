import { expect, it } from "vitest";
import type { CloudEvent } from "../../events/cloud-event.ts";
import { factsOf, toDeadLetter } from "./dead-letter.ts";

const event: CloudEvent = {
  id: "1",
  source: "/s",
  type: "t",
  extensions: { health: "up", knativeerrorcode: "999" },
  data: { kind: "none" },
};
const destination = new URL("http://localhost:1/x");

it("a dead letter says where it could not go, the code and the answer's body", () => {
  const letter = toDeadLetter(event, 254, factsOf(destination, { code: 400, body: Buffer.from("bad pulse") }));
  expect(letter).toMatchObject({ id: "1", source: "/s", type: "t" });
  expect(letter.extensions).toEqual({
    health: "up",
    knativebrokerttl: "254",
    knativeerrordest: "http://localhost:1/x",
    knativeerrorcode: "400",
    knativeerrordata: Buffer.from("bad pulse").toString("base64"),
  });
});

it("a dead letter that Knative does not explain has no facts", () => {
  const facts = factsOf(destination, { code: 500, body: Buffer.from("no answer"), isUnexplained: true });
  expect(toDeadLetter({ ...event, extensions: {} }, 254, facts).extensions).toEqual({ knativebrokerttl: "254" });
});

it("the body is cut at 1,024 characters of base64 that still decode", () => {
  const { data = "" } = factsOf(destination, { code: 500, body: Buffer.alloc(5000, "a") });
  expect(data).toHaveLength(1024);
  expect(Buffer.from(data, "base64").toString()).toBe("a".repeat(768));
});
