// Sends one pulse in each mode: send URL SERVICE.
use cloudevents::binding::reqwest::{RequestBuilderExt, RequestSerializer};
use cloudevents::message::StructuredDeserializer;
use cloudevents::{Event, EventBuilder, EventBuilderV10};
use serde_json::json;

fn event(mode: &str, service: &str) -> Event {
    EventBuilderV10::new()
        .id(mode)
        .source("/sdk")
        .ty("dev.pulsemesh.pulse.v1")
        .data(
            "application/json",
            json!({ "service_name": service, "latency_ms": 12.5, "status": "ok", "metadata": { "zone": "ü" } }),
        )
        .build()
        .expect("an event")
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let (url, service) = (&arguments[1], &arguments[2]);
    let post = || reqwest::Client::new().post(url);
    let binary = post().event(event("binary", service)).expect("a request");
    let structured = StructuredDeserializer::deserialize_structured(
        event("structured", service),
        RequestSerializer::new(post()),
    )
    .expect("a request");
    for request in [binary, structured] {
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 202);
    }
}
