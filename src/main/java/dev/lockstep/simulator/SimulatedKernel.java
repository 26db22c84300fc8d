package dev.lockstep.simulator;

import dev.lockstep.device.Kernel;
import dev.lockstep.simulator.counters.CountedKernel;
import dev.lockstep.simulator.execution.BlockObserver;
import dev.lockstep.simulator.execution.GridRun;
import dev.lockstep.simulator.execution.LoweredKernel;
import dev.lockstep.simulator.lowering.Instrument;
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
    KernelCode.Watched<LoweredKernel> plain = code.plain();
    this.lowered = plain.kernel();
    this.grid = grid(lowered, plain.observers());
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
      KernelCode.Watched<CountedKernel> made = code.counted();
      known = new Counted(made.kernel(), grid(made.kernel().lowered(), made.observers()));
      counted = known;
    }
    return known;
  }

  /** The kernel once more, its instructions traced. */
  GridRun traced(UnaryOperator<Instrument> tracing) {
    KernelCode.Watched<LoweredKernel> traced = code.traced(tracing);
    return grid(traced.kernel(), traced.observers());
  }

  private GridRun grid(LoweredKernel kernel, BlockObserver.@Nullable Factory observers) {
    GridRun grid =
        new GridRun(kernel, device.memory(), device.settings(), device.workers().count());
    if (observers != null) {
      grid.observe(observers);
    }
    return grid;
  }
}
