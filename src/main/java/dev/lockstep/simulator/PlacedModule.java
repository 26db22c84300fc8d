package dev.lockstep.simulator;

import dev.lockstep.ptx.PtxModule;
import dev.lockstep.simulator.lowering.CodeOptions;
import dev.lockstep.simulator.lowering.PreparedModule;
import java.util.HashMap;
import java.util.Map;

/** Code of a module whose variables lie where they do. Thread-safe. */
final class PlacedModule {
  private final PtxModule module;
  private final CodeOptions options;
  private final Map<String, Long> addresses;
  private final PreparedModule prepared;
  private final Map<Entry, KernelCode> kernels = new HashMap<>();

  private record Entry(String name, boolean sanitized) {}

  /**
   * @param addresses of the global and constant variables, by name
   */
  PlacedModule(PtxModule module, CodeOptions options, Map<String, Long> addresses) {
    this.module = module;
    this.options = options;
    this.addresses = Map.copyOf(addresses);
    this.prepared = PreparedModule.of(module, this.addresses);
  }

  boolean isAt(Map<String, Long> others) {
    return addresses.equals(others);
  }

  PreparedModule prepared() {
    return prepared;
  }

  /** The kernel of that name, which there is. */
  synchronized KernelCode kernel(String entry, boolean sanitized) {
    return kernels.computeIfAbsent(
        new Entry(entry, sanitized),
        it -> new KernelCode(module, prepared, entry, options, sanitized));
  }
}
