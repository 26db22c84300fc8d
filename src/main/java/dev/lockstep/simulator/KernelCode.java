package dev.lockstep.simulator;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.ptx.PtxModule;
import dev.lockstep.simulator.counters.CountedKernel;
import dev.lockstep.simulator.execution.LoweredKernel;
import dev.lockstep.simulator.lowering.CodeOptions;
import dev.lockstep.simulator.lowering.Instrument;
import dev.lockstep.simulator.lowering.KernelCompiler;
import dev.lockstep.simulator.lowering.PreparedModule;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A kernel's code, lowered in each way when that is first asked for. No launch changes it, so that
 * all devices that load the same have one. Thread-safe.
 */
final class KernelCode {
  private final PtxModule module;
  private final PreparedModule prepared;
  private final String entry;
  private final CodeOptions options;
  private @Nullable LoweredKernel plain;
  private @Nullable CountedKernel counted;

  KernelCode(PtxModule module, PreparedModule prepared, String entry, CodeOptions options) {
    this.module = module;
    this.prepared = prepared;
    this.entry = entry;
    this.options = options;
  }

  /** Nothing is watched. */
  synchronized LoweredKernel plain() {
    LoweredKernel known = plain;
    if (known == null) {
      known = watched(Instrument.NONE);
      plain = known;
    }
    return known;
  }

  /** It is counted. */
  synchronized CountedKernel counted() {
    CountedKernel known = counted;
    if (known == null) {
      known = counted(Instrument.NONE);
      counted = known;
    }
    return known;
  }

  /** Anew, with what is put around its ops. */
  LoweredKernel watched(Instrument instrument) {
    return KernelCompiler.compile(prepared, entry, options, instrument);
  }

  /**
   * Anew, perhaps not to be run.
   *
   * @param refused gets every instruction that cannot be executed, in the order of the lowered code
   */
  LoweredKernel surveyed(Consumer<DeviceFault.UnsupportedInstruction> refused) {
    return KernelCompiler.compile(prepared, entry, options, Instrument.NONE, refused);
  }

  /** Anew, counted with what else is put around its ops. */
  CountedKernel counted(Instrument inner) {
    return CountedKernel.lower(module, inner, this::watched);
  }
}
