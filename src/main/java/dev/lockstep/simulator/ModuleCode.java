package dev.lockstep.simulator;

import dev.lockstep.ptx.PtxModule;
import dev.lockstep.simulator.lowering.CodeOptions;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A parsed module, and the code that was made of it last. Thread-safe. */
final class ModuleCode {
  private final PtxModule module;
  private final CodeOptions options;
  private @Nullable PlacedModule last;

  ModuleCode(PtxModule module, CodeOptions options) {
    this.module = module;
    this.options = options;
  }

  PtxModule module() {
    return module;
  }

  /**
   * Its code: that made last, unless the variables lie elsewhere now.
   *
   * @param addresses of the global and constant variables, by name
   */
  synchronized PlacedModule at(Map<String, Long> addresses) {
    PlacedModule known = last;
    if (known == null || !known.isAt(addresses)) {
      known = new PlacedModule(module, options, addresses);
      last = known;
    }
    return known;
  }
}
