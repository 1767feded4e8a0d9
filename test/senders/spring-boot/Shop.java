// A web service of Spring Boot: one path works, one answers 503, and one throws.
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
@RestController
public class Shop {
  @GetMapping("/orders/{id}")
  String order(@PathVariable("id") String id) {
    return id;
  }

  @GetMapping("/busy")
  ResponseEntity<String> busy() {
    return ResponseEntity.status(503).body("later");
  }

  @GetMapping("/broken")
  String broken() {
    throw new IllegalStateException("no stock");
  }

  public static void main(String[] arguments) {
    SpringApplication.run(Shop.class, arguments);
  }
}
