package dev.lockstep.check.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The example of the package's documentation, as it stands there. */
class KernelRunExampleTests {
  private static final String DOCUMENTATION =
      "src/main/java/dev/lockstep/check/run/package-info.java";
  private static final String THIS =
      "src/test/java/dev/lockstep/check/run/KernelRunExampleTests.java";

  @Test
  void runs() {
    // example
    try (Device device = Devices.open("sim", DeviceOptions.defaults()).device()) {
      Path file = Path.of("src/test/resources/run/saxpy.ptx");
      RunResult result =
          KernelRun.of(KernelFile.read(file, device.info()))
              .grid(1)
              .block(32)
              .argument(Argument.in(Elements.of(1f, 2f, 3f)))
              .argument(Argument.inout(Elements.of(10f, 20f, 30f)))
              .argument(Argument.parse("f32:0.5"))
              .argument(Argument.parse("s32:3"))
              .run(device);
      float[] y = result.elements(1).floats();
      assertThat(y).containsExactly(10.5f, 21f, 31.5f);
    }
    // end
  }

  @Test
  void isTheOneInTheDocumentation() throws IOException {
    assertThat(code(DOCUMENTATION, "@code", "}</pre>"))
        .isEqualTo(code(THIS, "// example", "// end"));
  }

  private static String code(String file, String from, String to) throws IOException {
    String text = Files.readString(Path.of(file));
    int start = text.indexOf(from) + from.length();
    return text.substring(start, text.indexOf(to, start)).replaceAll("[\\s*]+", " ").strip();
  }
}
