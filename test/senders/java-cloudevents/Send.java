// The SDK of CloudEvents for Java with the HTTP client of the JDK: one event in binary mode and one in structured mode.
import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.http.HttpMessageFactory;
import io.cloudevents.jackson.JsonFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;

public class Send {
  static HttpURLConnection open(URI url) throws IOException {
    var http = (HttpURLConnection) url.toURL().openConnection();
    http.setRequestMethod("POST");
    http.setDoOutput(true);
    return http;
  }

  static CloudEvent event(String id, String service) {
    String data = """
        {"service_name":"%s","latency_ms":12.5,"status":"ok","metadata":{"zone":"ü"}}""".formatted(service);
    return CloudEventBuilder.v1().withId(id).withSource(URI.create("/sdk")).withType("dev.pulsemesh.pulse.v1")
        .withData("application/json", data.getBytes(StandardCharsets.UTF_8)).build();
  }

  public static void main(String[] arguments) throws IOException {
    var url = URI.create(arguments[0]);
    for (String mode : new String[] {"binary", "structured"}) {
      var http = open(url);
      var writer = HttpMessageFactory.createWriter(http::setRequestProperty, body -> {
        try (var out = http.getOutputStream()) {
          out.write(body);
        } catch (IOException error) {
          throw new UncheckedIOException(error);
        }
      });
      var event = event(mode, arguments[1]);
      if (mode.equals("binary")) writer.writeBinary(event);
      else writer.writeStructured(event, new JsonFormat());
      if (http.getResponseCode() != 202) throw new IOException("Expected 202, got " + http.getResponseCode());
    }
  }
}
