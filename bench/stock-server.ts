// The peer: faas-js-runtime without changes, with a handler that does nothing.
import faas from "faas-js-runtime";

await faas.start(() => ({ statusCode: 202, body: "" }), { port: Number(process.env.PORT) });
