package dev.lockstep.simulator.jit;

import dev.lockstep.simulator.execution.LaneRegisters;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What the registers that some code works on held in a warp that was about to execute it. */
final class Sample {
  /** By place: an array of the file's kind, or a predicate's bits. */
  private final Map<Place, Object> held = new HashMap<>();

  private Sample() {}

  /** Of all that the loops of some parts work on. */
  static Sample of(List<Part> parts, LaneRegisters from) {
    Sample sample = new Sample();
    sample.add(parts, from);
    return sample;
  }

  private void add(List<Part> parts, LaneRegisters from) {
    for (Part part : parts) {
      switch (part) {
        case Part.Run run -> {
          for (Scalar scalar : run.scalars()) {
            scalar.readsAnywhere(place -> add(place, from));
            add(scalar.target(), from);
          }
        }
        case Part.Butterfly butterfly -> {
          add(butterfly.from(), from);
          add(butterfly.to(), from);
        }
        case Part.Passed passed -> add(passed.parts(), from);
        case Part.Single single -> {}
      }
    }
  }

  private void add(Place place, LaneRegisters from) {
    int at = place.index();
    held.computeIfAbsent(
        place,
        unused ->
            switch (place.file()) {
              case Slot.FLOATS -> from.floats[at].clone();
              case Slot.INTS -> from.ints[at].clone();
              case Slot.LONGS -> from.longs[at].clone();
              case Slot.DOUBLES -> from.doubles[at].clone();
              default -> from.predicates[at];
            });
  }

  /** Registers that may be given what these places held, each by its number in the list. */
  static LaneRegisters registers(List<Place> places) {
    int count = places.size();
    float[][] floats = new float[count][];
    int[][] ints = new int[count][];
    long[][] longs = new long[count][];
    double[][] doubles = new double[count][];
    for (int i = 0; i < count; i++) {
      switch (places.get(i).file()) {
        case Slot.FLOATS -> floats[i] = new float[Warp.LANES];
        case Slot.INTS -> ints[i] = new int[Warp.LANES];
        case Slot.LONGS -> longs[i] = new long[Warp.LANES];
        case Slot.DOUBLES -> doubles[i] = new double[Warp.LANES];
        default -> {}
      }
    }
    return new LaneRegisters(floats, ints, longs, doubles, new int[count]);
  }

  /**
   * Gives registers what their places held.
   *
   * @param registers of {@link #registers}
   * @param turned lanes in which predicates become their opposite
   */
  void copyTo(LaneRegisters registers, List<Place> places, int turned) {
    for (int i = 0; i < places.size(); i++) {
      Place place = places.get(i);
      Object here = held.get(place);
      if (here instanceof Integer bits) {
        registers.predicates[i] = bits ^ turned;
      } else {
        System.arraycopy(here, 0, registers.files[place.file()][i], 0, Warp.LANES);
      }
    }
  }
}
