package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Dim3;
import dev.lockstep.device.ExecutionTier;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelImage;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.Launch;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Kernels as nvcc compiles them, each with a mistake planted: it is found, at the line of the CUDA
 * source it was planted in, with the other party named; and the twin without it is not reported.
 */
class SanitizerKernelTests {
  private static final String SOURCE = resource("mistakes.cu");
  private static final KernelImage IMAGE = KernelImage.ofPtx("mistakes", resource("mistakes.ptx"));

  /**
   * A planted mistake.
   *
   * @param line what stands on the source line of the fault
   * @param says what the report must contain; {@code line:TEXT} stands for {@code mistakes.cu:} and
   *     the number of the kernel's line that contains the text
   */
  record Mistake(
      String kernel, int threads, Class<? extends DeviceFault> fault, String line, String... says) {
    @Override
    public String toString() {
      return kernel;
    }
  }

  static Stream<Mistake> mistakes() {
    Class<DeviceFault.SharedMemoryRace> race = DeviceFault.SharedMemoryRace.class;
    Class<DeviceFault.UninitializedRead> uninitialized = DeviceFault.UninitializedRead.class;
    Class<DeviceFault.AsyncCopyNotWaited> copy = DeviceFault.AsyncCopyNotWaited.class;
    return Stream.of(
        new Mistake(
            "past_the_end",
            32,
            DeviceFault.IllegalAddress.class,
            "x[i == 3 ? n",
            "0 bytes past the end of a buffer of 65536 bytes (allocated at ",
            "thread (3,0,0)"),
        new Mistake(
            "reversed",
            256,
            race,
            "sh[t] = t;",
            "a thread writes 4 bytes at shared address 0x",
            "which thread (127,0,0) read at",
            "line:y[t] = sh[255 - t]",
            "no barrier parts them"),
        new Mistake(
            "rotated",
            256,
            race,
            "sh[t] = next + 1",
            "a thread writes 4 bytes",
            "read at PTX line",
            "line:int next"),
        new Mistake("warp_tree", 32, race, "sh[t] += sh[t + k]", "line:sh[t] = t;"),
        new Mistake(
            "half_written",
            256,
            uninitialized,
            "y[t] = sh[255 - t]",
            "a thread reads 4 bytes at shared address",
            "nobody has written there",
            "thread (0,0,0)"),
        new Mistake("accumulated", 32, uninitialized, "threadIdx.x] +=", "a buffer of 65536 bytes"),
        new Mistake(
            "stack",
            32,
            uninitialized,
            "y[threadIdx.x] = a[",
            "offset 28 of local memory",
            "thread (7,0,0)"),
        new Mistake(
            "histogram", 256, race, "atomicAdd(&bins", "a thread updates", "line:y[t] = bins"),
        new Mistake(
            "counter", 32, uninitialized, "atomicAdd(&shared[0]", "offset 0 of shared", "updates"),
        new Mistake("copied", 64, copy, "y[t] = sh[t]", "copies at PTX line", "has not waited"),
        new Mistake(
            "copied_for_others",
            256,
            race,
            "__pipeline_memcpy_async(&sh[t]",
            "no barrier parts them",
            "line:y[t] ="),
        new Mistake("two_stages", 128, copy, "sum += sh[k % 2]", "has not waited"),
        new Mistake("divergent", 256, DeviceFault.BarrierDivergence.class, "__syncthreads()"),
        new Mistake("lock_holders", 128, race, "= *(volatile int*)&count + 1"),
        new Mistake("last_one", 32, race, "flag = threadIdx.x", "thread (0,0,0) wrote"),
        new Mistake("warps_specialized", 128, race, "sh[t] = k * t", "line:y[t - 64] ="));
  }

  @ParameterizedTest
  @MethodSource
  void mistakes(Mistake mistake) {
    DeviceFault fault =
        catchThrowableOfType(DeviceFault.class, () -> run(options(1), mistake.kernel, mistake));
    assertThat(fault).as(mistake.kernel).isInstanceOf(mistake.fault);
    assertThat(lines(fault.site().source())).anyMatch(line -> line.contains(mistake.line));
    assertThat(fault.site().kernel()).isEqualTo(mistake.kernel);
    assertThat(fault.site().block()).isEqualTo(new Dim3(0, 0, 0));
    for (String text : mistake.says) {
      String expected =
          text.startsWith("line:")
              ? "mistakes.cu:" + line(mistake.kernel, text.substring(5))
              : text;
      assertThat(fault).hasMessageContaining(expected);
    }
  }

  @ParameterizedTest
  @MethodSource("mistakes")
  void theReportIsTheSameForAnyNumberOfThreads(Mistake mistake) {
    List<String> reports =
        Stream.of(1, 4)
            .map(
                threads ->
                    catchThrowableOfType(
                            DeviceFault.class, () -> run(options(threads), mistake.kernel, mistake))
                        .getMessage())
            .toList();
    assertThat(reports.get(1)).isEqualTo(reports.get(0));
  }

  @ParameterizedTest
  @MethodSource("mistakes")
  void theTwinWithoutTheMistakeIsNotReported(Mistake mistake) {
    if (!mistake.kernel.equals("last_one")) {
      run(options(2), mistake.kernel + "_right", mistake);
      run(options(1).withTier(ExecutionTier.COMPILED), mistake.kernel + "_right", mistake);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"neighbours_right", "block_sum_right"})
  void othersThatAreRightAreNotReported(String kernel) {
    run(options(2), kernel, new Mistake(kernel, 256, DeviceFault.class, ""));
  }

  private static DeviceOptions options(int threads) {
    return DeviceOptions.defaults().withSanitize(true).withThreads(threads);
  }

  /** Eight blocks; x holds 0, 1, 2, …, n is where y and x end. */
  private static void run(DeviceOptions options, String entry, Mistake mistake) {
    try (Lab lab = new Lab(options);
        KernelModule module = lab.device.load(IMAGE);
        DeviceBuffer y = lab.device.allocate(65536);
        DeviceBuffer x = lab.ints(IntStream.range(0, 16384).toArray())) {
      KernelArgs args = new KernelArgs().address(y, 0);
      String base = entry.replace("_right", "");
      switch (base) {
        case "past_the_end" -> args.int32(16384);
        case "accumulated", "stack", "histogram", "copied", "copied_for_others", "block_sum" ->
            args.address(x, 0);
        case "two_stages" -> args.address(x, 0).int32(4);
        default -> {}
      }
      Launch launch = new Launch(new Dim3(8), new Dim3(mistake.threads), 64);
      lab.stream.launch(module.kernel(entry), launch, args);
    }
  }

  /** The lines of the source that a site names: where the code is, and where it was inlined. */
  private static List<String> lines(String site) {
    return Pattern.compile("mistakes\\.cu:(\\d+)")
        .matcher(site)
        .results()
        .map(found -> SOURCE.lines().toList().get(Integer.parseInt(found.group(1)) - 1))
        .toList();
  }

  /** The number of the first line with a text from the kernel's (or its template's) name on. */
  private static int line(String kernel, String text) {
    List<String> lines = SOURCE.lines().toList();
    int from =
        switch (kernel) {
          case "warps_specialized" -> indexOf(lines, 0, "void producer(");
          default -> indexOf(lines, 0, "void " + kernel + "(");
        };
    return indexOf(lines, from, text) + 1;
  }

  private static int indexOf(List<String> lines, int from, String text) {
    for (int i = from; i < lines.size(); i++) {
      if (lines.get(i).contains(text)) {
        return i;
      }
    }
    throw new AssertionError(text);
  }

  private static String resource(String name) {
    try (InputStream stream =
        Objects.requireNonNull(
            SanitizerKernelTests.class.getResourceAsStream("/sanitizer/" + name), name)) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new AssertionError(name, e);
    }
  }
}
