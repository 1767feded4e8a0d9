#!/usr/bin/env bash
# Node 24.21.0 (npm): its decoders of zstd end with the first frame, and drop what follows without an error.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund node@24.21.0 >&2

cat >frames.cjs <<'JS'
const { once } = require("node:events");
const { createServer } = require("node:http");
const zlib = require("node:zlib");

const lines = ["first\n", "second\n"];
const inZstd = Buffer.concat(lines.map((line) => zlib.zstdCompressSync(line)));
const inGzip = Buffer.concat(lines.map((line) => zlib.gzipSync(line)));
const tell = (what, text) => console.log(`${what}: ${JSON.stringify(String(text))}`);

(async () => {
  tell("gunzipSync, two members", zlib.gunzipSync(inGzip));
  tell("zstdDecompressSync, two frames", zlib.zstdDecompressSync(inZstd));
  const stream = zlib.createZstdDecompress();
  stream.end(inZstd);
  tell("createZstdDecompress, two frames", Buffer.concat(await stream.toArray()));
  const server = createServer((_, response) => response.setHeader("content-encoding", "zstd").end(inZstd)).listen(0);
  await once(server, "listening");
  tell("fetch, two frames", await (await fetch(`http://localhost:${server.address().port}`)).text());
  server.closeAllConnections();
  server.close();
  const { engine } = zlib.zstdDecompressSync(inZstd, { info: true });
  console.log(`bytes taken of ${inZstd.length}, by the option info: ${engine.bytesWritten}`);
})();
JS
cat >expected <<'TEXT'
gunzipSync, two members: "first\nsecond\n"
zstdDecompressSync, two frames: "first\n"
createZstdDecompress, two frames: "first\n"
fetch, two frames: "first\n"
bytes taken of 31, by the option info: 15
TEXT
node_modules/.bin/node frames.cjs >seen

cat <<'TEXT'
Node 24.21.0. Expected: a body in zstd is one or more frames (RFC 8878, 3), as gzip is one or more members, and all of it comes out.
Senders that compress line by line, pzstd, and `cat a.zst b.zst` write several.
It matters because a server that unpacks with Node answers 200 for pulses, logs or spans that it never saw.
Seen:
TEXT
cat seen
diff expected seen || { echo "This has changed."; exit 1; }
