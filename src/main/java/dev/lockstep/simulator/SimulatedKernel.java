package dev.lockstep.simulator;

import dev.lockstep.device.Kernel;
import dev.lockstep.ptx.PtxModule;
import dev.lockstep.simulator.counters.CountedKernel;
import dev.lockstep.simulator.execution.GridRun;
import dev.lockstep.simulator.execution.LoweredKernel;
import dev.lockstep.simulator.lowering.Instrument;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A kernel ready to be launched, with the registers and shared memory its launches reuse. */
final class SimulatedKernel implements Kernel {
  private final SimulatedDevice device;
  private final PtxModule module;
  private final Function<Instrument, LoweredKernel> lowering;
  private final LoweredKernel lowered;
  private final GridRun grid;
  private @Nullable Counted counted;

  /** The kernel once more, lowered to be counted. */
  record Counted(CountedKernel kernel, GridRun grid) {}

  /**
   * @param lowering lowers the kernel with the instrument it is given
   */
  SimulatedKernel(
      SimulatedDevice device, PtxModule module, Function<Instrument, LoweredKernel> lowering) {
    this.device = device;
    this.module = module;
    this.lowering = lowering;
    this.lowered = lowering.apply(Instrument.NONE);
    this.grid = grid(lowered);
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
      CountedKernel kernel = CountedKernel.lower(module, Instrument.NONE, lowering);
      known = new Counted(kernel, grid(kernel.lowered()));
      counted = known;
    }
    return known;
  }

  /** The kernel once more, its instructions traced. */
  GridRun traced(UnaryOperator<Instrument> tracing) {
    return grid(lowering.apply(tracing.apply(Instrument.NONE)));
  }

  private GridRun grid(LoweredKernel kernel) {
    return new GridRun(kernel, device.memory(), device.settings(), device.workers().count());
  }
}
