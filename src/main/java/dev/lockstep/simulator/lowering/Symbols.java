package dev.lockstep.simulator.lowering;

import dev.lockstep.device.DeviceException;
import dev.lockstep.ptx.Parameter;
import dev.lockstep.ptx.Prototype;
import dev.lockstep.ptx.PtxFunction;
import dev.lockstep.ptx.PtxKernel;
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
  private final PreparedModule module;
  private final Map<String, Place> places;
  private final boolean framed;
  private long localBytes;
  private int alignment = 16;

  /**
   * @param ofModule what the module has in shared memory
   */
  private Symbols(
      PreparedModule module, SharedLayout shared, Map<String, Place> ofModule, Routine routine) {
    this.module = module;
    this.sharedLayout = shared;
    this.places = new HashMap<>(ofModule);
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

  /** The symbols of a kernel and its functions, in their order. */
  static List<Symbols> of(PreparedModule module, List<Routine> routines) {
    SharedLayout shared = new SharedLayout();
    Map<String, Place> places = new HashMap<>();
    for (Variable variable : StaticShared.used(module.shared(), module.named(), routines)) {
      shared.place(variable, places);
    }
    List<Symbols> all = new ArrayList<>();
    for (Routine routine : routines) {
      all.add(new Symbols(module, shared, places, routine));
    }
    shared.placeDynamic();
    return all;
  }

  /** The architecture the module is written for. */
  Target target() {
    return module.target();
  }

  @Nullable Place find(String name) {
    Place place = places.get(name);
    return place == null ? module.find(name) : sharedLayout.resolved(place);
  }

  /** The address of a name in its own state space. */
  long addressOf(String name, long offset) {
    Place place = find(name);
    if (place == null) {
      throw new Unsupported("nothing is known of the name " + name);
    }
    if (place.framed()) {
      throw new Unsupported("the address of " + name + " here");
    }
    return place.address() + offset;
  }

  /** Whether a name stands for local memory, as parameters of functions and calls do. */
  boolean isLocal(String name) {
    Place place = find(name);
    return place != null && place.space() == StateSpace.LOCAL;
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
