package dev.lockstep.simulator.lowering;

import dev.lockstep.device.DeviceException;
import dev.lockstep.ptx.Parameter;
import dev.lockstep.ptx.Prototype;
import dev.lockstep.ptx.PtxFunction;
import dev.lockstep.ptx.PtxKernel;
import dev.lockstep.ptx.PtxModule;
import dev.lockstep.ptx.Routine;
import dev.lockstep.ptx.StateSpace;
import dev.lockstep.ptx.Variable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Lays out what a kernel and its functions have in shared and local memory, and knows the address
 * of every name in one of them.
 */
final class Symbols {
  /**
   * A name's address in its own state space; global, constant and code addresses are generic ones.
   *
   * @param framed whether it counts from the start of the running function's frame
   */
  record Place(StateSpace space, long address, long bytes, boolean framed) {}

  private final SharedLayout sharedLayout;
  private final Map<String, Place> places;
  private final boolean framed;
  private long localBytes;
  private int alignment = 16;

  private Symbols(SharedLayout shared, Map<String, Place> module, Routine routine) {
    this.sharedLayout = shared;
    this.places = new HashMap<>(module);
    this.framed = routine instanceof PtxFunction;
    switch (routine) {
      case PtxKernel kernel -> {
        for (Parameter p : kernel.parameters()) {
          places.put(p.name(), new Place(StateSpace.PARAM, p.offset(), p.bytes(), false));
        }
      }
      case PtxFunction function -> frame(function.prototype());
    }
    for (Variable variable : routine.variables()) {
      switch (variable.space()) {
        case SHARED -> shared.place(variable, places);
        case LOCAL, PARAM -> local(variable);
        default -> {}
      }
    }
  }

  /**
   * The symbols of a kernel and its functions, in their order.
   *
   * @param globals addresses of the module's global and constant variables
   */
  static List<Symbols> of(PtxModule module, List<Routine> routines, Map<String, Long> globals) {
    StaticShared.check(module.variables(), routines);
    SharedLayout shared = new SharedLayout();
    Map<String, Place> places = new HashMap<>();
    int code = 0;
    for (PtxFunction function : module.functions()) {
      places.put(function.name(), code(code++));
    }
    for (PtxKernel kernel : module.kernels()) {
      places.put(kernel.name(), code(code++));
    }
    for (String alias : module.aliases().keySet()) {
      long address = CodeAddresses.of(module, alias);
      if (address != 0) {
        places.put(alias, new Place(StateSpace.GENERIC, address, 0, false));
      }
    }
    for (Variable variable : module.variables()) {
      if (variable.space() == StateSpace.SHARED) {
        shared.place(variable, places);
      } else {
        Long address = globals.get(variable.name());
        if (address != null) {
          places.put(
              variable.name(), new Place(variable.space(), address, variable.bytes(), false));
        }
      }
    }
    List<Symbols> all = new ArrayList<>();
    for (Routine routine : routines) {
      all.add(new Symbols(shared, places, routine));
    }
    shared.placeDynamic();
    return all;
  }

  /** What stands at the address of the n-th function or kernel. */
  private static Place code(int n) {
    return new Place(StateSpace.GENERIC, CodeAddresses.of(n), 0, false);
  }

  @Nullable Place find(String name) {
    Place place = places.get(name);
    return place == null ? null : sharedLayout.resolved(place);
  }

  /** What the kernel has in shared memory, in the order of its declarations. */
  List<Instrument.SharedVariable> shared() {
    return sharedLayout.variables();
  }

  int sharedBytes() {
    return inReach("shared", sharedLayout.bytes());
  }

  /** Far more than any GPU has; launches are held to what theirs has. */
  static int inReach(String space, long bytes) {
    if (bytes > Integer.MAX_VALUE) {
      throw new DeviceException(
          "load", "%d bytes of %s memory are more than any GPU has".formatted(bytes, space));
    }
    return (int) bytes;
  }

  /** Whether these are the names of a function, whose local memory lies in frames. */
  boolean ofFunction() {
    return framed;
  }

  int dynamicAlignment() {
    return sharedLayout.dynamicAlignment();
  }

  /** Bytes of a frame, or of the kernel's own local memory. */
  long localBytes() {
    return localBytes;
  }

  /** What its local memory has to be aligned to. */
  int alignment() {
    return alignment;
  }

  private void frame(Prototype prototype) {
    CallFrame frame = CallFrame.of(prototype);
    frame(prototype.results(), frame.results());
    frame(prototype.parameters(), frame.parameters());
    alignment = Math.max(alignment, frame.alignment());
    localBytes = frame.bytes();
  }

  private void frame(List<Prototype.Formal> formals, List<Long> offsets) {
    for (int i = 0; i < offsets.size(); i++) {
      Prototype.Formal formal = formals.get(i);
      if (formal.inMemory()) {
        places.put(
            formal.name(), new Place(StateSpace.LOCAL, offsets.get(i), formal.bytes(), true));
      }
    }
  }

  private void local(Variable variable) {
    long at = (localBytes + variable.alignment() - 1) & -variable.alignment();
    places.put(variable.name(), new Place(StateSpace.LOCAL, at, variable.bytes(), framed));
    localBytes = at + variable.bytes();
    alignment = Math.max(alignment, variable.alignment());
  }
}
