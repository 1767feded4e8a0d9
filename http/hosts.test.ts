import { expect, it } from "vitest";
import { hostGuard } from "./hosts.ts";

const refuse = hostGuard(["pulse.example", "*.shop.example"]);

it.each([
  "localhost",
  "localhost:8081",
  "LOCALHOST:8081",
  "localhost.:8081",
  "pulse-query.default.localhost:8088",
  "127.0.0.1:8081",
  "10.1.2.3",
  "[::1]:8081",
  "[2001:db8::1]",
  "pulse.example",
  "Pulse.Example.:80",
  "a.shop.example",
  "a.b.shop.example:443",
  undefined,
])("takes the host %s", (host) => {
  expect(refuse(host)).toBeUndefined();
});

it.each([
  "other.example:8081",
  "localhost.other.example",
  "notlocalhost",
  "127.0.0.1.other.example",
  "a.pulse.example",
  "shop.example",
  "[::1].other.example",
  "::1",
  "",
])("refuses the host %j, also after one that it takes, and says what to do", (host) => {
  expect(refuse("localhost:8081")).toBeUndefined();
  for (let turn = 0; turn < 2; turn++) expect(refuse(host)).toMatchObject({ status: 421 });
  expect(refuse(host)?.body).toContain("PULSE_ALLOWED_HOSTS");
});
