package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelImage;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.Launch;
import dev.lockstep.device.Schedule;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Functions as nvcc compiles them: {@code functions.cu} in the test resources. */
class CompiledFunctionTests {
  private static final int THREADS = 70;
  private static final int N = 9;

  /** The text of a file among the compiled programs. */
  static String program(String name) {
    try (InputStream in =
        Objects.requireNonNull(
            CompiledFunctionTests.class.getResourceAsStream("/ptx-programs/" + name))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @CsvSource({"in-order, false", "random:1, false", "in-order, true"})
  void computeWhatTheSourceSays(String schedule, boolean sanitize) {
    DeviceOptions options =
        DeviceOptions.defaults().withSchedule(Schedule.parse(schedule)).withSanitize(sanitize);
    try (Lab lab = new Lab(options);
        KernelModule module =
            lab.device.load(KernelImage.ofPtx("functions", program("functions.ptx")))) {
      check(lab, module, "structs", t -> structs(t));
      check(lab, module, "recursion", t -> fib(t % N) * 10 + (t % 2 == 0 ? 1 : 0));
      check(lab, module, "pointers", t -> (t + N) % 2 == 0 ? t + 1 : t * 2);
      check(lab, module, "methods", t -> t % 2 == 1 ? t + N : t * N);
      check(lab, module, "choice", t -> choice(t));
      check(lab, module, "quicksort", t -> quicksort(t));
    }
  }

  private static void check(Lab lab, KernelModule module, String entry, IntUnaryOperator expected) {
    try (DeviceBuffer out = lab.ints(new int[THREADS])) {
      KernelArgs args = new KernelArgs().address(out, 0).int32(N);
      lab.stream.launch(module.kernel(entry), Launch.of(1, THREADS), args);
      assertThat(lab.read(out))
          .as(entry)
          .isEqualTo(IntStream.range(0, THREADS).map(expected).toArray());
    }
  }

  private static int structs(int t) {
    return (N + t) * 1000 + (int) (2.0 * (0.5f + t)) * 10 + (byte) t + 3;
  }

  private static int choice(int t) {
    return switch ((t + N) & 15) {
      case 0 -> t * 3;
      case 1 -> t / 7;
      case 2 -> t ^ 5;
      case 3 -> fib(t & 7);
      case 4 -> t << 3;
      case 5 -> t % 2 == 0 ? 1 : 0;
      case 6 -> t % 11;
      case 7 -> -t;
      default -> 77;
    };
  }

  private static int quicksort(int t) {
    int[] v = new int[24];
    int x = t * (int) 2654435761L + N;
    for (int i = 0; i < v.length; i++) {
      x = x * 1664525 + 1013904223;
      v[i] = x >>> 20;
    }
    Arrays.sort(v);
    return 230_000 + v[t % 24];
  }

  private static int fib(int n) {
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
  }
}
