package dev.lockstep.simulator.lowering;

import dev.lockstep.device.DeviceException;
import dev.lockstep.ptx.Parameter;
import dev.lockstep.ptx.PtxKernel;
import dev.lockstep.ptx.PtxModule;
import dev.lockstep.ptx.StateSpace;
import dev.lockstep.ptx.Variable;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Lays out what a kernel has in shared and local memory, and knows the address of every name. */
final class Symbols {
  /** A name's address in its own state space; global and constant ones are generic addresses. */
  record Place(StateSpace space, long address, long bytes) {}

  private final Map<String, Place> places = new HashMap<>();
  private long sharedBytes;
  private long localBytes;
  private int dynamicAlignment = 16;

  /**
   * @param globals addresses of the module's global and constant variables
   */
  Symbols(PtxModule module, PtxKernel kernel, Map<String, Long> globals) {
    for (Variable variable : module.variables()) {
      if (variable.space() == StateSpace.SHARED) {
        place(variable);
      } else {
        Long address = globals.get(variable.name());
        if (address != null) {
          places.put(variable.name(), new Place(variable.space(), address, variable.bytes()));
        }
      }
    }
    kernel.variables().forEach(this::place);
    // Memory sized by the launch comes behind everything else, whatever its name.
    for (List<Variable> declared : List.of(module.variables(), kernel.variables())) {
      for (Variable variable : declared) {
        if (isDynamic(variable)) {
          dynamicAlignment = Math.max(dynamicAlignment, variable.alignment());
        }
      }
    }
    long start = (sharedBytes + dynamicAlignment - 1) & -dynamicAlignment;
    for (List<Variable> declared : List.of(module.variables(), kernel.variables())) {
      for (Variable variable : declared) {
        if (isDynamic(variable)) {
          places.put(variable.name(), new Place(StateSpace.SHARED, start, 0));
        }
      }
    }
    for (Parameter parameter : kernel.parameters()) {
      places.put(
          parameter.name(), new Place(StateSpace.PARAM, parameter.offset(), parameter.bytes()));
    }
  }

  @Nullable Place find(String name) {
    return places.get(name);
  }

  List<Instrument.SharedVariable> shared() {
    return places.entrySet().stream()
        .filter(e -> e.getValue().space() == StateSpace.SHARED)
        .map(
            e ->
                new Instrument.SharedVariable(
                    e.getKey(), e.getValue().address(), e.getValue().bytes()))
        .toList();
  }

  int sharedBytes() {
    return inReach("shared", sharedBytes);
  }

  int localBytes() {
    return inReach("local", (localBytes + 15) & -16);
  }

  /** Far more than any GPU has; launches are held to what theirs has. */
  private static int inReach(String space, long bytes) {
    if (bytes > Integer.MAX_VALUE) {
      throw new DeviceException(
          "load", "%d bytes of %s memory are more than any GPU has".formatted(bytes, space));
    }
    return (int) bytes;
  }

  int dynamicAlignment() {
    return dynamicAlignment;
  }

  private static boolean isDynamic(Variable variable) {
    return variable.space() == StateSpace.SHARED && variable.bytes() == 0;
  }

  private void place(Variable variable) {
    if (isDynamic(variable)) {
      return;
    }
    int alignment = variable.alignment();
    if (variable.space() == StateSpace.SHARED) {
      long at = (sharedBytes + alignment - 1) & -alignment;
      places.put(variable.name(), new Place(StateSpace.SHARED, at, variable.bytes()));
      sharedBytes = at + variable.bytes();
    } else if (variable.space() == StateSpace.LOCAL) {
      long at = (localBytes + alignment - 1) & -alignment;
      places.put(variable.name(), new Place(StateSpace.LOCAL, at, variable.bytes()));
      localBytes = at + variable.bytes();
    }
  }
}
