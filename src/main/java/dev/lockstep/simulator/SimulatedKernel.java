package dev.lockstep.simulator;

import dev.lockstep.device.Kernel;
import dev.lockstep.simulator.counters.CountedKernel;
import dev.lockstep.simulator.execution.GridRun;
import dev.lockstep.simulator.execution.LoweredKernel;
import dev.lockstep.simulator.lowering.Instrument;
import dev.lockstep.simulator.sanitizer.KernelSanitizer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A kernel ready to be launched, with the registers and shared memory its launches reuse. */
final class SimulatedKernel implements Kernel {
  private final SimulatedDevice device;
  private final KernelCode code;
  private final LoweredKernel lowered;
  private final GridRun grid;
  private @Nullable Counted counted;

  /** The kernel once more, lowered to be counted. */
  record Counted(CountedKernel kernel, GridRun grid) {}

  SimulatedKernel(SimulatedDevice device, KernelCode code) {
    this.device = device;
    this.code = code;
    KernelSanitizer sanitizer = sanitizer();
    this.lowered = sanitizer == null ? code.plain() : code.watched(sanitizer);
    this.grid = grid(lowered, sanitizer);
  }

  @Override
  public String name() {
    return lowered.name();
  }

  @Override
  public int parameterBytes() {
    return lowered.parameterBytes();
  }

  SimulatedDevice device() {
    return device;
  }

  LoweredKernel lowered() {
    return lowered;
  }

  GridRun grid() {
    return grid;
  }

  /** Lowered when it is first asked for, as most kernels never are counted. */
  synchronized Counted counted() {
    Counted known = counted;
    if (known == null) {
      KernelSanitizer sanitizer = sanitizer();
      CountedKernel kernel = sanitizer == null ? code.counted() : code.counted(sanitizer);
      known = new Counted(kernel, grid(kernel.lowered(), sanitizer));
      counted = known;
    }
    return known;
  }

  /** The kernel once more, its instructions traced. */
  GridRun traced(UnaryOperator<Instrument> tracing) {
    KernelSanitizer sanitizer = sanitizer();
    LoweredKernel traced =
        code.watched(tracing.apply(sanitizer == null ? Instrument.NONE : sanitizer));
    return grid(traced, sanitizer);
  }

  /** What looks for mistakes in one lowering of the kernel; null when nothing is to. */
  private @Nullable KernelSanitizer sanitizer() {
    return device.options().sanitize() ? new KernelSanitizer() : null;
  }

  private GridRun grid(LoweredKernel kernel, @Nullable KernelSanitizer sanitizer) {
    GridRun grid =
        new GridRun(kernel, device.memory(), device.settings(), device.workers().count());
    if (sanitizer != null) {
      grid.observe(sanitizer.observers());
    }
    return grid;
  }
}
