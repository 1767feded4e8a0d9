/**
 * Whether these are Micrometer's `outcome` and `status` of a request in HTTP, as Spring Boot writes them into its spans, with `method`
 * and `uri`, in the place of the names of Brave or of OpenTelemetry (Spring's ServerHttpObservationDocumentation). A `status` alone
 * may be anything.
 */
export function isHttpOfMicrometer(outcome: string, status: string): boolean {
  return outcome !== "" && /^[1-5]\d\d$/.test(status);
}
