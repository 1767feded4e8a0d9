const STRICTER = "the local broker refuses it aloud";
const EMPTY = "an empty filter passes everything in Knative, which nobody means: the local broker refuses it at start";
const PRECISE = "both refuse it; the local broker's status says why";

/** Where the local broker differs from Knative's on purpose, by case. docs/guarantees.md lists them. */
export const DIFFERENCES: Readonly<Record<string, string>> = {
  "filter: an empty value": EMPTY,
  "filter: an empty any": EMPTY,
  "filter: an empty all": EMPTY,
  "filter: an empty exact": EMPTY,
  "filter: cesql": "the local broker does not run CESQL, and says so at start",
  "delivery: format json": "the local broker delivers in binary mode only, and says so at start",
  "policy: a format": "the local broker delivers in binary mode only, and says so at start",
  "policy: a delay of a negative second": STRICTER,
  "ingress: a content type without slash": STRICTER,
  "ingress: a structured extension in capitals": STRICTER,
  "ingress: a structured extension that is a fraction": "Knative cuts it to an integer; the local broker refuses it",
  "ingress: a time with a one-digit hour": STRICTER,
  "ingress: a time with offset 24:00": STRICTER,
  "ingress: an empty structured time": STRICTER,
  "ingress: both data and data_base64": "Knative takes the last one; the local broker refuses the event",
  "ingress: a foreign event format": PRECISE,
  "ingress: a path that is too short": PRECISE,
  "ingress: a path that is too long": PRECISE,
  "ingress: a path with an empty query": "HTTP servers of PulseMesh see no difference to no query",
  "ingress: a structured id with %20":
    "the local broker encodes the percent sign, Knative does not: use ids without one",
  "answer: a structured reply": "Go guesses a content type where the reply has none",
};
