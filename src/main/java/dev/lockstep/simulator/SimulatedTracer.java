package dev.lockstep.simulator;

import dev.lockstep.device.Dim3;
import dev.lockstep.device.KernelTracer;
import dev.lockstep.simulator.lowering.Instrument;
import dev.lockstep.simulator.trace.Tracing;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Knows which warp is to be followed. */
final class SimulatedTracer implements KernelTracer {
  private @Nullable UnaryOperator<Instrument> tracing;

  @Override
  public synchronized void start(Dim3 block, int warp, Consumer<Step> each) {
    if (tracing != null) {
      throw new IllegalStateException("launches are being traced already");
    }
    tracing = inner -> new Tracing(block, warp, each, inner);
  }

  @Override
  public synchronized void stop() {
    if (tracing == null) {
      throw new IllegalStateException("launches are not being traced");
    }
    tracing = null;
  }

  /** Puts what reports around another instrument; empty when nobody asked for it. */
  synchronized Optional<UnaryOperator<Instrument>> tracing() {
    return Optional.ofNullable(tracing);
  }
}
