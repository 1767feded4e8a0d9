// A broker that accepts every event at once and keeps none.
import { createServer } from "node:http";

createServer((request, response) => {
  request.resume();
  request.on("end", () => {
    response.writeHead(202, { "content-length": 0 });
    response.end();
  });
}).listen(Number(process.env.PORT));
