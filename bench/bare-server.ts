// The baseline: node:http, JSON.parse, 202.
import { createServer } from "node:http";

createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    JSON.parse(Buffer.concat(chunks).toString("utf8"));
    response.writeHead(202, { "content-type": "application/json", "content-length": 15 });
    response.end('{"accepted":"1"}'.slice(0, 15));
  });
}).listen(Number(process.env.PORT));
