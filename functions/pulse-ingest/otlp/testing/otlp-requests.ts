// For tests: requests of OTLP traces in both forms, the protobuf written by @bufbuild/protobuf from the descriptors that
// opentelemetry-proto 1.45.2 on PyPI carries (otlp-traces.binpb, a FileDescriptorSet; Apache-2.0).
import { readFileSync } from "node:fs";
import { create, createFileRegistry, type DescMessage, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { FieldDescriptorProto_Label, FieldDescriptorProto_Type, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

const registry = createFileRegistry(
  fromBinary(FileDescriptorSetSchema, readFileSync(new URL("otlp-traces.binpb", import.meta.url))),
);
const schemaOf = (name: string) => registry.getMessage(`opentelemetry.proto.collector.trace.v1.${name}`) as DescMessage;
export const REQUEST = schemaOf("ExportTraceServiceRequest");
export const RESPONSE = schemaOf("ExportTraceServiceResponse");

/** google.rpc.Status, of which OTLP uses two fields (https://opentelemetry.io/docs/specs/otlp/#failures). */
export const STATUS = createFileRegistry(
  create(FileDescriptorSetSchema, {
    file: [
      {
        name: "google/rpc/status.proto",
        package: "google.rpc",
        syntax: "proto3",
        messageType: [
          {
            name: "Status",
            field: [
              {
                name: "code",
                number: 1,
                type: FieldDescriptorProto_Type.INT32,
                label: FieldDescriptorProto_Label.OPTIONAL,
              },
              {
                name: "message",
                number: 2,
                type: FieldDescriptorProto_Type.STRING,
                label: FieldDescriptorProto_Label.OPTIONAL,
              },
            ],
          },
        ],
      },
    ],
  }),
).getMessage("google.rpc.Status") as DescMessage;

export type AnyValue = string | number | boolean | bigint;
export type Attributes = Record<string, AnyValue>;

/** A span as tests write it; absent fields are as protobuf's defaults. */
export interface TestSpan {
  traceId?: string;
  spanId?: string;
  parentSpanId?: string;
  flags?: number;
  name?: string;
  kind?: number;
  start?: bigint;
  end?: bigint;
  attributes?: Attributes;
  status?: { code?: number; message?: string };
}
export interface TestResource {
  attributes: Attributes;
  spans: readonly TestSpan[];
}

export const TRACE_ID = "5b8efff798038103d269b633813fc60c";
let spans = 0;

/** An entry of 12.5 ms that ended just now. */
export function entry(fields: TestSpan = {}): TestSpan {
  const end = BigInt(Date.now()) * 1_000_000n + 999_999n;
  return {
    traceId: TRACE_ID,
    spanId: (++spans).toString(16).padStart(16, "0"),
    name: "GET /",
    kind: 2,
    start: end - 12_500_000n,
    end,
    ...fields,
  };
}

/** A request of one service. */
export function requestOf(testSpans: readonly TestSpan[], attributes: Attributes = { "service.name": "checkout" }) {
  return [{ attributes, spans: testSpans }];
}

/** The request as JSON (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding). */
export function toJson(request: readonly TestResource[]): string {
  return JSON.stringify({
    resourceSpans: request.map(({ attributes, spans: group }) => ({
      resource: { attributes: jsonAttributes(attributes) },
      scopeSpans: [
        {
          scope: { name: "test" },
          spans: group.map(({ start, end, attributes: own = {}, ...fields }) => ({
            ...fields,
            startTimeUnixNano: start?.toString(),
            endTimeUnixNano: end?.toString(),
            attributes: jsonAttributes(own),
          })),
        },
      ],
    })),
  });
}

/** The request in protobuf. */
export function toProtobuf(request: readonly TestResource[]): Buffer {
  const message = {
    resourceSpans: request.map(({ attributes, spans: group }) => ({
      resource: { attributes: protobufAttributes(attributes) },
      scopeSpans: [
        {
          scope: { name: "test" },
          spans: group.map(({ traceId = "", spanId = "", parentSpanId = "", start = 0n, end = 0n, ...fields }) => ({
            ...fields,
            traceId: Buffer.from(traceId, "hex"),
            spanId: Buffer.from(spanId, "hex"),
            parentSpanId: Buffer.from(parentSpanId, "hex"),
            startTimeUnixNano: start,
            endTimeUnixNano: end,
            attributes: protobufAttributes(fields.attributes ?? {}),
          })),
        },
      ],
    })),
  };
  return Buffer.from(toBinary(REQUEST, create(REQUEST, message as never) as Message));
}

const caseOf = (value: AnyValue) =>
  typeof value === "string"
    ? "stringValue"
    : typeof value === "boolean"
      ? "boolValue"
      : typeof value === "bigint" || Number.isInteger(value)
        ? "intValue"
        : "doubleValue";

function jsonAttributes(attributes: Attributes): unknown[] {
  return Object.entries(attributes).map(([key, value]) => ({
    key,
    value: { [caseOf(value)]: typeof value === "bigint" ? String(value) : value },
  }));
}

function protobufAttributes(attributes: Attributes): unknown[] {
  return Object.entries(attributes).map(([key, value]) => {
    const kind = caseOf(value);
    return { key, value: { value: { case: kind, value: kind === "intValue" ? BigInt(value as number) : value } } };
  });
}
