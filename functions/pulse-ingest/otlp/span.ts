// What a pulse needs of OTLP's traces (opentelemetry-proto 1.x, trace/v1/trace.proto). The readers fill one Resource and one
// Span again and again: an object for each of a million empty spans would take a hundred times the memory of their bytes.

/** The attributes that {@link Resource.note} and {@link Span.note} take. */
export const NOTED: readonly string[] = [
  "service.name",
  "service.namespace",
  "service.version",
  "service.instance.id",
  "deployment.environment.name",
  "deployment.environment",
  "http.route",
  "http.request.method",
  "http.method",
  "http.response.status_code",
  "http.status_code",
  "error.type",
  "outcome",
  "status",
  "method",
  "uri",
];

const WIDTH = 256;
/** The noted names, each at its length × {@link WIDTH} + its first byte: no two share a place. */
const PLACES: (string | undefined)[] = new Array(32 * WIDTH).fill(undefined);
for (const name of NOTED) {
  const place = name.length * WIDTH + name.charCodeAt(0);
  if (PLACES[place] !== undefined) throw new Error(`Expected a place for ${name} alone, got ${PLACES[place]} there`);
  PLACES[place] = name;
}

/** The one noted name that an attribute's may be, by its length and its first byte: most names need no other look. */
export function candidateOf(length: number, firstByte: number): string | undefined {
  return PLACES[length * WIDTH + firstByte];
}

/** What a service says of itself, once for many spans. */
export class Resource {
  name = "";
  namespace = "";
  version = "";
  instance = "";
  environment = "";

  /** Notes an attribute by its name in the semantic conventions. */
  note(key: string, value: string): void {
    switch (key) {
      case "service.name":
        this.name = value;
        break;
      case "service.namespace":
        this.namespace = value;
        break;
      case "service.version":
        this.version = value;
        break;
      case "service.instance.id":
        this.instance = value;
        break;
      case "deployment.environment.name":
        this.environment = value;
        break;
      case "deployment.environment": // the name until 2024
        this.environment ||= value;
        break;
    }
  }
}

/** One operation. */
export class Span {
  /** In hex, in lower case, of the length that it came with; empty where it is not hex. */
  traceId = "";
  spanId = "";
  hasParent = false;
  flags = 0;
  kind = 0;
  name = "";
  /** Epoch ms, and the nanoseconds beyond: as one number they would lose digits. */
  startMs = 0;
  startNs = 0;
  endMs = 0;
  endNs = 0;
  statusCode = 0;
  statusMessage = "";
  route = "";
  method = "";
  httpStatus = "";
  errorType = "";
  /** As Micrometer names them, in whose spans an `outcome` is beside them. */
  outcome = "";
  micrometerStatus = "";
  micrometerMethod = "";
  micrometerUri = "";

  clear(): void {
    this.traceId = this.spanId = this.name = this.statusMessage = "";
    this.route = this.method = this.httpStatus = this.errorType = "";
    this.outcome = this.micrometerStatus = this.micrometerMethod = this.micrometerUri = "";
    this.hasParent = false;
    this.flags = this.kind = this.statusCode = 0;
    this.startMs = this.startNs = this.endMs = this.endNs = 0;
  }

  /** Notes an attribute by its name in the semantic conventions, or by the one before they were stable. */
  note(key: string, value: string): void {
    switch (key) {
      case "http.route":
        this.route = value;
        break;
      case "http.request.method":
        this.method = value;
        break;
      case "http.method":
        this.method ||= value;
        break;
      case "http.response.status_code":
        this.httpStatus = value;
        break;
      case "http.status_code":
        this.httpStatus ||= value;
        break;
      case "error.type":
        this.errorType = value;
        break;
      case "outcome":
        this.outcome = value;
        break;
      case "status":
        this.micrometerStatus = value;
        break;
      case "method":
        this.micrometerMethod = value;
        break;
      case "uri":
        this.micrometerUri = value;
        break;
    }
  }
}

/** Told of each span; both are filled again for the next. */
export type VisitSpan = (span: Span, resource: Resource) => void;
