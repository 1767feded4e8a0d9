import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { fromBinary } from "@bufbuild/protobuf";
import { onTestFinished } from "vitest";
import { REQUEST } from "../functions/pulse-ingest/otlp/testing/otlp-requests.ts";

/** A span as a backend of OpenTelemetry gets it; ids are in hex. */
export interface ReceivedSpan {
  service: string;
  name: string;
  kind: number;
  traceId: string;
  spanId: string;
  /** Empty for a root. */
  parentSpanId: string;
  links: { traceId: string; spanId: string }[];
  attributes: Record<string, unknown>;
  /** 2 is an error. */
  statusCode: number;
}

/** A backend for traces, until the test ends: takes OTLP over HTTP in protobuf. */
export interface OtlpReceiver {
  endpoint: string;
  spans: ReceivedSpan[];
  /** Of each request. */
  headers: IncomingHttpHeaders[];
  /** What it answers. */
  status: number;
}

export async function openOtlpReceiver(): Promise<OtlpReceiver> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      receiver.headers.push(request.headers);
      const isTaken = request.url === "/v1/traces" && receiver.status === 200;
      if (isTaken) receiver.spans.push(...spansIn(Buffer.concat(chunks)));
      response.writeHead(request.url === "/v1/traces" ? receiver.status : 404).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const receiver: OtlpReceiver = { endpoint: `http://127.0.0.1:${port}`, spans: [], headers: [], status: 200 };
  return receiver;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

// biome-ignore lint/suspicious/noExplicitAny: the schema comes from a descriptor, without types.
type Message = any;

function spansIn(body: Buffer): ReceivedSpan[] {
  const { resourceSpans } = fromBinary(REQUEST, body) as Message;
  return resourceSpans.flatMap(({ resource, scopeSpans }: Message) => {
    const service = attributesOf(resource.attributes)["service.name"];
    return scopeSpans.flatMap(({ spans }: Message) =>
      spans.map((span: Message) => ({
        service,
        name: span.name,
        kind: span.kind,
        traceId: hex(span.traceId),
        spanId: hex(span.spanId),
        parentSpanId: hex(span.parentSpanId),
        links: span.links.map((link: Message) => ({ traceId: hex(link.traceId), spanId: hex(link.spanId) })),
        attributes: attributesOf(span.attributes),
        statusCode: span.status?.code ?? 0,
      })),
    );
  });
}

function attributesOf(attributes: Message[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.value.value]));
}
