import { afterEach, describe, expect, it, vi } from "vitest";
import { openRawConnection, rawRequest } from "../../http/testing/raw-connection.ts";
import { openBroker } from "../testing/broker.ts";
import { openFunctionHost } from "../testing/function-host.ts";
import { fileOf, replace } from "../testing/token-files.ts";
import { compose } from "./compose.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

describe("pulse-ingest with tokens", () => {
  const PULSE = JSON.stringify({ service_name: "checkout", latency_ms: 1, status: "ok" });

  async function openIngest(file: string) {
    const broker = await openBroker();
    closers.push(broker.close);
    const host = await openFunctionHost(compose, { K_SINK: broker.url, PULSE_INGEST_TOKENS_FILE: file });
    closers.push(host.close);
    return { host, broker };
  }

  it("answers 401 with a challenge before it reads the body, 403 for another service, and 202", async () => {
    const { host, broker } = await openIngest(fileOf("good checkout\nother cart\n"));
    const post = async (headers: Record<string, string>) => {
      const connection = await openRawConnection(host.port);
      closers.push(() => connection.socket.destroy());
      connection.send(rawRequest("POST /pulse", headers, PULSE));
      return connection.answer();
    };
    const anonymous = await post({ "content-length": "1000000" });
    expect(anonymous.status).toBe(401);
    expect(anonymous.headers["www-authenticate"]).toBe('Bearer realm="pulsemesh"');
    const wrong = await post({ authorization: "Bearer bad-secret" });
    expect(wrong.status).toBe(401);
    expect(wrong.headers["www-authenticate"]).toBe('Bearer realm="pulsemesh", error="invalid_token"');
    expect(wrong.body).not.toContain("bad-secret");
    const foreign = await post({ authorization: "Bearer other" });
    expect([foreign.status, foreign.headers["content-type"]]).toEqual([403, "application/problem+json"]);
    expect(broker.received).toHaveLength(0);
    expect((await post({ authorization: "Bearer good" })).status).toBe(202);
    expect(JSON.stringify(host.lines)).not.toMatch(/bad-secret|Bearer/);
  });

  it("refuses a token that was revoked while the body arrived", async () => {
    const file = fileOf("revoked cart\nstays *\n");
    const { host, broker } = await openIngest(file);
    const connection = await openRawConnection(host.port);
    closers.push(() => connection.socket.destroy());
    const headers = { authorization: "Bearer revoked", "content-length": String(PULSE.length) };
    connection.send(rawRequest("POST /pulse", headers, PULSE.slice(0, 10)));
    replace(file, "stays *\n");
    await vi.waitFor(() => expect(host.lines.map(({ msg }) => msg)).toContain("tokens read again"));
    connection.send(PULSE.slice(10));
    expect((await connection.answer()).status).toBe(401);
    expect(broker.received).toHaveLength(0);
  });
});
