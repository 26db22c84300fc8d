package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.PtxFunction;
import dev.lockstep.ptx.PtxKernel;
import dev.lockstep.ptx.PtxModule;
import dev.lockstep.ptx.StateSpace;
import dev.lockstep.ptx.Variable;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A module as its kernels are lowered from: made once for all of them, as a file may hold thousands
 * that each look names up.
 */
public final class PreparedModule {
  private final PtxModule module;
  private final Target target;
  private final Map<String, PtxKernel> kernels = new HashMap<>();
  private final Map<String, Symbols.Place> places = new HashMap<>();
  private final List<Variable> shared;
  private final Set<String> named;

  private PreparedModule(PtxModule module, Map<String, Long> globals) {
    this.module = module;
    this.target = Target.of(module.target());
    this.shared = module.variables().stream().filter(v -> v.space() == StateSpace.SHARED).toList();
    this.named =
        shared.isEmpty()
            ? Set.of()
            : StaticShared.named(
                Stream.concat(module.kernels().stream(), module.functions().stream()));
    for (Variable variable : module.variables()) {
      Long address = globals.get(variable.name());
      if (address != null) {
        places.put(
            variable.name(), new Symbols.Place(variable.space(), address, variable.bytes(), false));
      }
    }
    int code = 0;
    for (PtxFunction function : module.functions()) {
      places.put(function.name(), code(code++));
    }
    for (PtxKernel kernel : module.kernels()) {
      places.put(kernel.name(), code(code++));
      kernels.put(kernel.name(), kernel);
    }
    module.aliases().forEach(this::alias);
  }

  private void alias(String alias, String name) {
    Symbols.Place place = places.get(name);
    if (place != null) {
      places.put(alias, place);
    }
  }

  /**
   * Prepares a module for {@link KernelCompiler#compile}.
   *
   * @param globals addresses of the module's global and constant variables, by name
   */
  public static PreparedModule of(PtxModule module, Map<String, Long> globals) {
    return new PreparedModule(ParameterPromotion.of(FramedParameters.of(module)), globals);
  }

  PtxModule module() {
    return module;
  }

  /** The architecture it is written for. */
  Target target() {
    return target;
  }

  /** Whether there is a kernel of that name. */
  public boolean hasKernel(String name) {
    return kernels.containsKey(name);
  }

  /** The kernel of that name as it is lowered, or null. */
  @Nullable PtxKernel kernel(String name) {
    return kernels.get(name);
  }

  /** The address of a kernel or of a function with a body; 0 when there is none of that name. */
  public long codeAddress(String name) {
    Symbols.Place place = places.get(name);
    return place != null && place.space() == StateSpace.GENERIC ? place.address() : 0;
  }

  /** Where a name of the module lies, unless in shared memory: there each kernel has its own. */
  Symbols.@Nullable Place find(String name) {
    return places.get(name);
  }

  /** The module's variables in shared memory. */
  List<Variable> shared() {
    return shared;
  }

  /** Names that some kernel or function uses; nothing where no variable is shared. */
  Set<String> named() {
    return named;
  }

  /** What stands at the address of the n-th function or kernel. */
  private static Symbols.Place code(int n) {
    return new Symbols.Place(StateSpace.GENERIC, CodeAddresses.of(n), 0, false);
  }
}
