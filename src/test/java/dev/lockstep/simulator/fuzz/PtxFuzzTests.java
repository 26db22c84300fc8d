package dev.lockstep.simulator.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.KernelImage;
import dev.lockstep.device.KernelModule;
import dev.lockstep.ptx.PtxParser;
import dev.lockstep.ptx.PtxSyntaxException;
import dev.lockstep.simulator.SimulatedDevice;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Broken PTX is refused in words: parsed or not, lowered or not, never with another exception, for
 * more than a second or in more than 256 MiB.
 */
@Order(1) // takes long
class PtxFuzzTests {
  private static final long MAX_NANOS = 1_000_000_000;
  private static final long MAX_BYTES = 256 << 20;

  private final PtxMutator mutator = new PtxMutator();
  private final ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @Test
  void aThousandInputs() {
    assertThat(failures(0, 1000)).isEmpty();
  }

  @Test
  @Tag("sweep")
  void aHundredThousandInputs() {
    assertThat(failures(1000, 101_000)).isEmpty();
  }

  private List<String> failures(long from, long to) {
    List<String> failures = new ArrayList<>();
    try (SimulatedDevice device = new SimulatedDevice(DeviceOptions.defaults().withThreads(1))) {
      for (long seed = from; seed < to && failures.size() < 10; seed++) {
        String input = mutator.input(seed);
        long nanos = thread.getCurrentThreadCpuTime();
        long bytes = thread.getCurrentThreadAllocatedBytes();
        String failure = failure(device, input);
        nanos = thread.getCurrentThreadCpuTime() - nanos;
        bytes = thread.getCurrentThreadAllocatedBytes() - bytes;
        if (failure == null && (nanos > MAX_NANOS || bytes > MAX_BYTES)) {
          failure = nanos / 1_000_000 + " ms, " + (bytes >> 20) + " MiB";
        }
        if (failure != null) {
          failures.add("input " + seed + ": " + failure);
        }
      }
    }
    return failures;
  }

  /** What went wrong with an input, or null. */
  private static @Nullable String failure(SimulatedDevice device, String input) {
    try {
      PtxParser.parse(input);
    } catch (PtxSyntaxException e) {
      return null;
    } catch (Throwable t) {
      return "parsing: " + describe(t);
    }
    try (KernelModule module = device.load(KernelImage.ofPtx("fuzz", input))) {
      for (String entry : module.entries().stream().limit(2).toList()) {
        lower(module, entry);
      }
      return null;
    } catch (DeviceException e) {
      return null;
    } catch (Throwable t) {
      return "lowering: " + describe(t);
    }
  }

  private static void lower(KernelModule module, String entry) {
    try {
      assertThat(module.kernel(entry).name()).isEqualTo(entry);
    } catch (DeviceFault.UnsupportedInstruction e) {
      assertThat(e.site().ptxLine()).isPositive();
    }
  }

  private static String describe(Throwable t) {
    List<StackTraceElement> top =
        List.of(t.getStackTrace()).subList(0, Math.min(3, t.getStackTrace().length));
    return t + " at " + top;
  }
}
