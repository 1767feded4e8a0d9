#!/usr/bin/env bash
# Node.js 24.21.0: the bytes of a header depend on whether the body is a string or a Buffer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund node@24.21.0 >&2
cat >run.mjs <<'JS'
import { createServer, request } from "node:http";
const hexOf = (header) => Buffer.from(header, "latin1").toString("hex"); // node gives each byte as a character
const seen = [];
const server = createServer((received, response) => {
  seen.push(hexOf(received.headers.subject));
  received.resume().on("end", () => response.setHeader("subject", "é").end(seen.length % 2 ? "text" : Buffer.from("text")));
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const send = (body, headers = {}) =>
  new Promise((resolve) => {
    const { port } = server.address();
    const client = request({ host: "127.0.0.1", port, method: "POST", headers: { subject: "é", ...headers } });
    client.on("response", (response) => response.resume().on("end", () => resolve(hexOf(response.headers.subject))));
    if (headers.expect) client.on("continue", () => client.end(body));
    else client.end(body);
  });
const answers = [await send("text"), await send(Buffer.from("text")), await send(Buffer.from("text"), { expect: "100-continue" })];
server.close();
console.log(`  request, body a string: ${seen[0]}; a Buffer: ${seen[1]}; a Buffer after Expect: 100-continue: ${seen[2]}`);
console.log(`  answer, body a string: ${answers[0]}; a Buffer: ${answers[1]}`);
const isSurprising = seen.join() === "c3a9,e9,c3a9" && answers[0] === "c3a9" && answers[1] === "e9";
process.exitCode = isSurprising ? 0 : 1;
JS
echo 'Node.js 24.21.0, node:http: the header "subject: é" of a request and of an answer, with "text" as the body.'
echo "Expected: the same bytes each time: e9, because node writes headers as Latin-1."
echo "Seen:"
if node_modules/.bin/node run.mjs; then
  echo "Why it matters: c3a9 is UTF-8. A receiver of CloudEvents in binary mode cannot tell which one a sender of unencoded text meant;"
  echo "percent-encode what is not ASCII, as the HTTP binding asks."
else
  echo "This has changed: the bytes of a header do not depend on the body any more."
  exit 1
fi
