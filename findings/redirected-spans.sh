#!/usr/bin/env bash
# Spans behind a redirect: OpenTelemetry's exporter for Python and Zipkin's sender for Java count as sent what nobody took.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check opentelemetry-sdk==1.45.2 opentelemetry-exporter-otlp-proto-http==1.45.2 >&2
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @opentelemetry/exporter-trace-otlp-http@0.301.0 @opentelemetry/sdk-trace@3.1.1 >&2
cat >pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>io.zipkin.reporter2</groupId><artifactId>zipkin-sender-urlconnection</artifactId><version>3.5.1</version></dependency>
  </dependencies>
</project>
XML
mvn -q -B -Dstyle.color=never org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory=jars >&2

# /old/CLIENT answers 308 with /new/CLIENT, as a gateway does that has moved or wants https; /new/CLIENT takes spans.
cat >server.cjs <<'JS'
const { createServer } = require("node:http");
const { appendFileSync, writeFileSync } = require("node:fs");
const server = createServer(async (request, response) => {
  let bytes = 0;
  for await (const chunk of request) bytes += chunk.length;
  const [, age, client] = request.url.split("/");
  appendFileSync(client, `${request.method} to the ${age} address with ${bytes > 0 ? "a body" : "an empty body"}\n`);
  if (age === "old") response.writeHead(308, { location: `/new/${client}` }).end();
  else response.writeHead(202).end();
});
server.listen(0, "127.0.0.1", () => writeFileSync("port", String(server.address().port)));
JS
cat >send.py <<'PY'
import sys
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans, provider = InMemorySpanExporter(), TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
provider.get_tracer("finding").start_span("get /pay").end()
result = OTLPSpanExporter(endpoint=f"http://127.0.0.1:{sys.argv[1]}/old/python").export(spans.get_finished_spans())
print("sent" if result.name == "SUCCESS" else "failed")
PY
cat >send.mjs <<'JS'
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import * as sdk from "@opentelemetry/sdk-trace";
const spans = [];
const keep = { onStart() {}, onEnd: (span) => spans.push(span), async forceFlush() {}, async shutdown() {} };
new sdk.TracerProvider({ spanProcessors: [keep] }).getTracer("finding").startSpan("get /pay").end();
const exporter = new OTLPTraceExporter({ url: `http://127.0.0.1:${process.argv[2]}/old/javascript` });
exporter.export(spans, ({ code }) => console.log(code === 0 ? "sent" : "failed"));
JS
cat >Send.java <<'JAVA'
import java.nio.charset.StandardCharsets;
import java.util.List;
import zipkin2.reporter.BytesMessageSender;
import zipkin2.reporter.urlconnection.URLConnectionSender;

public class Send {
  public static void main(String[] arguments) {
    String url = "http://127.0.0.1:" + arguments[0] + "/old/java";
    byte[] span = "{\"traceId\":\"000000000000000a\",\"id\":\"000000000000000a\",\"name\":\"get /pay\"}".getBytes(StandardCharsets.UTF_8);
    try (BytesMessageSender sender = URLConnectionSender.create(url)) {
      sender.send(List.of(span));
      System.out.println("sent");
    } catch (Exception refused) {
      System.out.println("failed");
    }
  }
}
JAVA
node server.cjs &
server=$!
until [ -s port ]; do sleep 0.1; done
port=$(cat port)

# What a sender says, and which requests came from it.
seen() { echo "$2; $(paste -sd, "$1" | sed 's/,/, /g')"; }
python=$(seen python "$(venv/bin/python send.py "$port")")
javascript=$(seen javascript "$(node send.mjs "$port")")
java=$(seen java "$(java -cp 'jars/*' Send.java "$port")")
echo "One span to a server that answers 308 Permanent Redirect; what the sender says, and which requests came."
echo "Expected: the span comes to the new address, or the sender says that it failed."
echo "Seen:"
echo "  opentelemetry-exporter-otlp-proto-http 1.45.2 (PyPI): $python"
echo "  zipkin-sender-urlconnection 3.5.1 (Maven, $(java -version 2>&1 | head -1)): $java"
echo "  @opentelemetry/exporter-trace-otlp-http 0.301.0 (npm), to compare: $javascript"
first="POST to the old address with a body"
if [ "$python" = "sent; $first" ] && [ "$java" = "sent; $first" ] && [ "$javascript" = "failed; $first" ]; then
  echo "Why it matters: where a gateway begins to redirect, from http to https for example, spans are lost while their senders count them as sent."
  echo "Give senders the address that takes the spans, and look that they come."
else
  echo "This has changed: see the lines above."
  exit 1
fi
