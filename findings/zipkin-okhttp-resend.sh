#!/usr/bin/env bash
# zipkin-sender-okhttp3 3.5.1 (Maven): a request that OkHttp sends again has an empty body, and counts as sent.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
cat >pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>io.zipkin.reporter2</groupId><artifactId>zipkin-sender-okhttp3</artifactId><version>3.5.1</version></dependency>
  </dependencies>
</project>
XML
mvn -q -B -Dstyle.color=never org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory=jars >&2

# /moved answers 308. The second request of a connection at /restarted ends with the connection, as where a server is started again.
cat >server.cjs <<'JS'
const { createServer } = require("node:http");
const { appendFileSync, writeFileSync } = require("node:fs");
const requests = new Map();
const server = createServer(async (request, response) => {
  let bytes = 0;
  for await (const chunk of request) bytes += chunk.length;
  const nth = (requests.get(request.socket) ?? 0) + 1;
  requests.set(request.socket, nth);
  const isEnded = request.url === "/restarted" && nth === 2;
  const status = request.url === "/moved" ? 308 : 202;
  const answer = isEnded ? "the connection ends" : `answered ${status}`;
  appendFileSync("requests", `${request.method} ${request.url}, ${bytes > 0 ? "a body" : "an empty body"}: ${answer}\n`);
  if (isEnded) request.socket.destroy();
  else response.writeHead(status, status === 308 ? { location: "/new" } : {}).end();
});
server.listen(0, "127.0.0.1", () => writeFileSync("port", String(server.address().port)));
JS
cat >Send.java <<'JAVA'
import java.nio.charset.StandardCharsets;
import java.util.List;
import zipkin2.reporter.okhttp3.OkHttpSender;

public class Send {
  public static void main(String[] arguments) throws Exception {
    byte[] span = "{\"traceId\":\"000000000000000a\",\"id\":\"000000000000000a\",\"name\":\"get /pay\"}".getBytes(StandardCharsets.UTF_8);
    try (OkHttpSender sender = OkHttpSender.create(arguments[0])) {
      // It throws where it has not sent.
      for (int i = 0; i < Integer.parseInt(arguments[1]); i++) sender.send(List.of(span));
    }
  }
}
JAVA
node server.cjs &
server=$!
until [ -s port ]; do sleep 0.1; done
url=http://127.0.0.1:$(cat port)
java -cp 'jars/*' Send.java "$url/moved" 1
java -cp 'jars/*' Send.java "$url/restarted" 2
cat >expected <<'TEXT'
POST /moved, a body: answered 308
POST /new, an empty body: answered 202
POST /restarted, a body: answered 202
POST /restarted, a body: the connection ends
POST /restarted, an empty body: answered 202
TEXT
echo "zipkin-sender-okhttp3 3.5.1 with $(basename jars/okhttp-*.jar .jar): a span to an address that redirects; then two, where the server ends the connection of the second."
echo "Expected: what is sent again has the span, or send() throws."
echo "Seen (send() threw nothing):"
sed 's/^/  /' requests
if cmp -s requests expected; then
  echo "Why it matters: where a receiver is started again while a request is under way, the spans are lost; where it takes an empty body, nothing counts them."
  echo "Use zipkin-sender-urlconnection, which throws where a connection ends, and refuse empty bodies at the receiver: then the reporter counts them as dropped."
else
  echo "This has changed: see the lines above."
  exit 1
fi
