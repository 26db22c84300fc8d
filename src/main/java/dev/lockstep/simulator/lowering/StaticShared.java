package dev.lockstep.simulator.lowering;

import dev.lockstep.device.DeviceException;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.PtxKernel;
import dev.lockstep.ptx.Routine;
import dev.lockstep.ptx.StateSpace;
import dev.lockstep.ptx.Variable;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Holds a kernel to the shared memory that may be declared with a size: 48 KiB on every GPU. What a
 * kernel has beyond that, a launch asks for.
 */
final class StaticShared {
  private static final long MOST = 48 << 10;

  private StaticShared() {}

  /** Names that operands of these routines are. */
  static Set<String> named(Stream<? extends Routine> routines) {
    Set<String> named = new HashSet<>();
    routines
        .flatMap(routine -> routine.instructions().stream())
        .forEach(in -> in.operands().forEach(operand -> collect(operand, named)));
    return named;
  }

  /**
   * Those of the module's variables that a kernel has: all but what only other routines name.
   *
   * @param ofModule variables of the module in shared memory
   * @param ofOthers names that some routine of the module names
   * @throws DeviceException when they and the kernel's own are too much, as an assembler would
   */
  static List<Variable> used(
      List<Variable> ofModule, Set<String> ofOthers, List<Routine> routines) {
    Set<String> named = named(routines.stream());
    List<Variable> used =
        ofModule.stream()
            .filter(v -> named.contains(v.name()) || !ofOthers.contains(v.name()))
            .toList();
    long bytes =
        Stream.concat(used.stream(), routines.stream().flatMap(each -> each.variables().stream()))
            .filter(v -> v.space() == StateSpace.SHARED && named.contains(v.name()))
            .mapToLong(Variable::bytes)
            .sum();
    if (bytes > MOST) {
      String kernel = routines.getFirst() instanceof PtxKernel k ? k.name() : "a kernel";
      throw new DeviceException(
          "load",
          "%s declares %d bytes of shared memory, at most %d are allowed; more are asked for at the"
                  .formatted(kernel, bytes, MOST)
              + " launch (extern .shared)");
    }
    return used;
  }

  private static void collect(Operand operand, Set<String> named) {
    switch (operand) {
      case Operand.Symbol symbol -> named.add(symbol.name());
      case Operand.Address address -> collect(address.base(), named);
      case Operand.Vector vector -> vector.elements().forEach(each -> collect(each, named));
      case Operand.Arguments all -> all.elements().forEach(each -> collect(each, named));
      case Operand.Indexed indexed -> indexed.elements().forEach(each -> collect(each, named));
      default -> {}
    }
  }
}
