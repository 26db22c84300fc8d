package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.StateSpace;
import dev.lockstep.ptx.Variable;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What lies where in shared memory. Variables of functions are there once, as those of the kernel;
 * memory sized by the launch comes behind everything else, whatever its name.
 */
final class SharedLayout {
  /** Stands for the memory sized by the launch until its place is known. */
  private static final Symbols.Place DYNAMIC = new Symbols.Place(StateSpace.SHARED, -1, 0, false);

  private final List<Instrument.SharedVariable> variables = new ArrayList<>();
  private final Set<String> dynamicNames = new LinkedHashSet<>();
  private long bytes;
  private int dynamicAlignment = 16;

  /** Gives a variable its place under its name. */
  void place(Variable variable, Map<String, Symbols.Place> places) {
    if (variable.bytes() == 0) {
      dynamicAlignment = Math.max(dynamicAlignment, variable.alignment());
      dynamicNames.add(variable.name());
      places.put(variable.name(), DYNAMIC);
      return;
    }
    long at = (bytes + variable.alignment() - 1) & -variable.alignment();
    places.put(variable.name(), new Symbols.Place(StateSpace.SHARED, at, variable.bytes(), false));
    variables.add(new Instrument.SharedVariable(variable.name(), at, variable.bytes()));
    bytes = at + variable.bytes();
  }

  /** All else has its place. */
  void placeDynamic() {
    for (String name : dynamicNames) {
      variables.add(new Instrument.SharedVariable(name, dynamic().address(), 0));
    }
  }

  /** The place itself, now that all are known. */
  Symbols.Place resolved(Symbols.Place place) {
    return place.equals(DYNAMIC) ? dynamic() : place;
  }

  private Symbols.Place dynamic() {
    long start = (bytes + dynamicAlignment - 1) & -dynamicAlignment;
    return new Symbols.Place(StateSpace.SHARED, start, 0, false);
  }

  List<Instrument.SharedVariable> variables() {
    return List.copyOf(variables);
  }

  long bytes() {
    return bytes;
  }

  int dynamicAlignment() {
    return dynamicAlignment;
  }
}
