package dev.lockstep.simulator;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.ptx.PtxModule;
import dev.lockstep.simulator.counters.CountedKernel;
import dev.lockstep.simulator.execution.BlockObserver;
import dev.lockstep.simulator.execution.LoweredKernel;
import dev.lockstep.simulator.lowering.CodeOptions;
import dev.lockstep.simulator.lowering.Instrument;
import dev.lockstep.simulator.lowering.KernelCompiler;
import dev.lockstep.simulator.lowering.PreparedModule;
import dev.lockstep.simulator.sanitizer.KernelSanitizer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A kernel's code, sanitized or not, lowered in each way when that is first asked for. No launch
 * changes it, as what a sanitizer remembers belongs to the blocks of a launch: all devices that
 * load the same have one. Thread-safe.
 */
final class KernelCode {
  private final PtxModule module;
  private final PreparedModule prepared;
  private final String entry;
  private final CodeOptions options;
  private final boolean sanitized;
  private @Nullable Watched<LoweredKernel> plain;
  private @Nullable Watched<CountedKernel> counted;

  /**
   * A kernel, lowered.
   *
   * @param observers what watches its blocks; null when nothing does
   */
  record Watched<K>(K kernel, BlockObserver.@Nullable Factory observers) {}

  KernelCode(
      PtxModule module,
      PreparedModule prepared,
      String entry,
      CodeOptions options,
      boolean sanitized) {
    this.module = module;
    this.prepared = prepared;
    this.entry = entry;
    this.options = options;
    this.sanitized = sanitized;
  }

  /** With nothing around it but the sanitizer. */
  synchronized Watched<LoweredKernel> plain() {
    Watched<LoweredKernel> known = plain;
    if (known == null) {
      known = watched(this::compile);
      plain = known;
    }
    return known;
  }

  /** It is counted. */
  synchronized Watched<CountedKernel> counted() {
    Watched<CountedKernel> known = counted;
    if (known == null) {
      known = watched(inner -> CountedKernel.lower(module, inner, this::compile));
      counted = known;
    }
    return known;
  }

  /** Anew, its instructions traced. */
  Watched<LoweredKernel> traced(UnaryOperator<Instrument> tracing) {
    return watched(inner -> compile(tracing.apply(inner)));
  }

  /**
   * Anew, perhaps not to be run.
   *
   * @param refused gets every instruction that cannot be executed, in the order of the lowered code
   */
  LoweredKernel surveyed(Consumer<DeviceFault.UnsupportedInstruction> refused) {
    return KernelCompiler.compile(prepared, entry, options, Instrument.NONE, refused);
  }

  private <K> Watched<K> watched(Function<Instrument, K> lowering) {
    if (!sanitized) {
      return new Watched<>(lowering.apply(Instrument.NONE), null);
    }
    KernelSanitizer sanitizer = new KernelSanitizer();
    K kernel = lowering.apply(sanitizer);
    return new Watched<>(kernel, sanitizer.observers());
  }

  private LoweredKernel compile(Instrument instrument) {
    return KernelCompiler.compile(prepared, entry, options, instrument);
  }
}
