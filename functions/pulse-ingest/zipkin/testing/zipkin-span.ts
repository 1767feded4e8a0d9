/** A span as Zipkin's reporters send it, an entry of the service cart that ends now. */
export function zipkinSpan() {
  const localEndpoint = { serviceName: "cart" };
  return { traceId: "1", id: "2", timestamp: Date.now() * 1000, duration: 1, localEndpoint };
}
