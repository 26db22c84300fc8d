package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.ExecutionTier;
import dev.lockstep.device.Kernel;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelCounters;
import dev.lockstep.device.KernelImage;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.Launch;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Kernels as nvcc compiles them, optimised or not, that copy structures with padding, pick bytes
 * and bit fields, pass values through functions, compute with what they then let lie, and meet in
 * parts of a warp: those with a mistake are reported, their twins are not.
 */
class SanitizedValuesTests {
  private static final int BYTES = 1 << 16;

  /** Kernels of one warp; all others have two. */
  private static final Set<String> ONE_WARP =
      Set.of(
          "ldm",
          "ws_mask",
          "ws_half",
          "ldm_race",
          "wm_race",
          "ballot_bits",
          "shuffled",
          "mma_rows",
          "mma_columns",
          "wmma_rows");

  @ParameterizedTest
  @CsvSource({
    "values, AUTO, 19",
    "values, COMPILED, 19",
    "values.O0, AUTO, 19",
    "meetings, AUTO, 8",
    "meetings, COMPILED, 8",
    "meetings.O0, AUTO, 9",
    "unused, AUTO, 17",
    "unused, COMPILED, 17",
    "unused.O0, AUTO, 17"
  })
  void mistakesAreFoundAndNothingElse(String file, ExecutionTier tier, int mistakes) {
    DeviceOptions options =
        DeviceOptions.defaults().withSanitize(true).withThreads(1).withTier(tier);
    Set<String> found = new TreeSet<>();
    Set<String> planted = new TreeSet<>();
    try (SimulatedDevice device = new SimulatedDevice(options);
        KernelModule module = device.load(image(file))) {
      for (String entry : module.entries()) {
        if (entry.matches(".*_[23]")) {
          continue; // A later step of another.
        }
        if (entry.endsWith("_wrong") && !isMended(file, entry)) {
          planted.add(entry);
        }
        DeviceFault fault =
            catchThrowableOfType(DeviceFault.class, () -> run(device, module, entry));
        if (fault != null) {
          found.add(entry);
        }
      }
    }
    assertThat(planted).hasSize(mistakes);
    assertThat(found).isEqualTo(planted);
  }

  /** Where nvcc knows what is handed over, nothing is: only a flag is left, which is no race. */
  private static boolean isMended(String file, String entry) {
    return file.equals("meetings") && entry.equals("fl_nofence_wrong");
  }

  /** Reports name the read and the memory, wherever the value went from there. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "cp_use_wrong ~ bytes at shared address 0x ~ nobody has written there",
        "fn_struct_wrong ~ of local memory ~ nobody has written there",
        "fn_out_wrong ~ of local memory; nobody has written there; thread (5,0,0) stores it ~ at"
            + " fn_out",
        "mask_wrong ~ of _ZZ10mask_wrongE1s) ~ byte 0 of it was never written",
        "cpg_wrong ~ a buffer of 65536 bytes ~ cpg_wrong_2"
      })
  void reportsSayWhatAndWhere(String entry, String what, String where) {
    try (SimulatedDevice device = new SimulatedDevice(DeviceOptions.defaults().withSanitize(true));
        KernelModule module = device.load(image("values.O0"))) {
      assertThat(catchThrowableOfType(DeviceFault.class, () -> run(device, module, entry)))
          .isInstanceOf(DeviceFault.UninitializedRead.class)
          .hasMessageContaining(what)
          .hasMessageContaining(where);
    }
  }

  /** Whoever counts besides changes nothing about what is found. */
  @ParameterizedTest
  @ValueSource(strings = {"fn_out_sum_wrong", "h2_wrong"})
  void countersLeaveReportsAlone(String entry) {
    try (SimulatedDevice device = new SimulatedDevice(DeviceOptions.defaults().withSanitize(true));
        KernelModule module = device.load(image("values"))) {
      KernelCounters counters = device.capability(KernelCounters.class).orElseThrow();
      counters.start();
      assertThat(catchThrowableOfType(DeviceFault.class, () -> run(device, module, entry)))
          .isInstanceOf(DeviceFault.UninitializedRead.class);
    }
  }

  private static void run(SimulatedDevice device, KernelModule module, String entry) {
    try (DeviceBuffer out = device.allocate(BYTES);
        DeviceBuffer in = device.allocate(BYTES);
        SimulatedStream stream = device.newStream()) {
      stream.fill(in, 0, BYTES, (byte) 1);
      int threads = ONE_WARP.contains(entry.replace("_wrong", "")) ? 32 : 64;
      for (String name : new String[] {entry, entry + "_2", entry + "_3"}) {
        if (module.entries().contains(name)) {
          Kernel kernel = module.kernel(name);
          KernelArgs args = new KernelArgs().address(out, 0);
          if (kernel.parameterBytes() > 8) {
            args.address(in, 0);
          }
          if (kernel.parameterBytes() > 16) {
            args.int32(16);
          }
          stream.launch(kernel, Launch.of(2, threads), args);
        }
      }
    }
  }

  private static KernelImage image(String name) {
    String resource = "/sanitizer/" + name + ".ptx";
    try (InputStream stream =
        Objects.requireNonNull(
            SanitizedValuesTests.class.getResourceAsStream(resource), resource)) {
      return KernelImage.ofPtx(name, new String(stream.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new AssertionError(resource, e);
    }
  }
}
