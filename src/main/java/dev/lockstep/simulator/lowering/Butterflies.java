package dev.lockstep.simulator.lowering;

import dev.lockstep.simulator.jit.Form;
import dev.lockstep.simulator.jit.Part;
import dev.lockstep.simulator.jit.Place;
import dev.lockstep.simulator.jit.Scalar;
import dev.lockstep.simulator.jit.Source;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * This pass: finds sums over a warp, or the like, that compilers write as a shuffle and an addition
 * for each of several distances, and takes them out of the runs they are in.
 */
final class Butterflies {
  /** Lanes of a warp have five bits: more stages than that are something else. */
  private static final int MOST_STAGES = 5;

  private final List<Part> parts;

  private Butterflies(List<Part> parts) {
    this.parts = new ArrayList<>(parts);
  }

  /** The same parts, with what was found in the place of what it came from. */
  static List<Part> found(List<Part> parts) {
    Butterflies pass = new Butterflies(parts);
    for (int i = 0; i < pass.parts.size(); i++) {
      if (pass.parts.get(i) instanceof Part.Run run) {
        for (Scalar scalar : run.scalars()) {
          Stage first = pass.stage(i, scalar);
          if (first != null && pass.take(i, first)) {
            // Looks at what is here now.
            i--;
            break;
          }
        }
      }
    }
    return List.copyOf(pass.parts);
  }

  /** A shuffle and what combines its result with its source. */
  private record Stage(Part.Run run, Scalar shuffle, Scalar combination, int distance) {
    Place from() {
      return ((Source.Elsewhere) shuffle.sources().getFirst()).place();
    }

    Place to() {
      return combination.target();
    }
  }

  /** The stage that begins with an instruction of a run; null when none does. */
  private @Nullable Stage stage(int part, Scalar shuffle) {
    Part.Run run = (Part.Run) parts.get(part);
    if (shuffle.guard() != null
        || !shuffle.form().isMove()
        || !(shuffle.sources().getFirst() instanceof Source.Elsewhere elsewhere)
        || elsewhere.distance() == 0
        || elsewhere.place().equals(shuffle.target())
        || run.wanted().contains(shuffle.target())) {
      return null;
    }
    Scalar only = null;
    boolean behind = false;
    for (Scalar scalar : run.scalars()) {
      if (scalar == shuffle) {
        behind = true;
      } else if (behind && reads(scalar, shuffle.target())) {
        if (only != null) {
          return null;
        }
        only = scalar;
      } else if (only == null && behind && scalar.target().equals(shuffle.target())
          || scalar.target().equals(elsewhere.place()) && only == null) {
        return null;
      }
    }
    return only != null
            && only.guard() == null
            && only.form().commutes()
            && Set.copyOf(only.sources()).equals(Set.of(elsewhere.place(), shuffle.target()))
        ? new Stage(run, shuffle, only, elsewhere.distance())
        : null;
  }

  private static boolean reads(Scalar scalar, Place place) {
    boolean[] found = {false};
    scalar.readsAnywhere(read -> found[0] |= read.equals(place));
    return found[0];
  }

  /** Makes one part of the stages that begin here, if there are two and nothing stands between. */
  private boolean take(int part, Stage first) {
    List<Stage> stages = new ArrayList<>(List.of(first));
    while (stages.size() < MOST_STAGES && part + stages.size() < parts.size()) {
      Stage next = next(part + stages.size(), stages.getLast());
      if (next == null) {
        break;
      }
      stages.add(next);
    }
    while (stages.size() > 1 && !isAlone(stages)) {
      stages.removeLast();
    }
    if (stages.size() < 2) {
      return false;
    }
    Form form = first.combination().form();
    Stage last = stages.getLast();
    for (int i = 0; i < stages.size(); i++) {
      parts.set(part + i, without(stages.get(i)));
    }
    List<Integer> distances = stages.stream().map(Stage::distance).toList();
    boolean exact = last.run().exact().contains(last.to());
    parts.add(part, new Part.Butterfly(form, first.from(), last.to(), distances, exact));
    parts.removeIf(p -> p instanceof Part.Run run && run.scalars().isEmpty());
    return true;
  }

  private @Nullable Stage next(int part, Stage before) {
    if (!(parts.get(part) instanceof Part.Run run)) {
      return null;
    }
    for (Scalar scalar : run.scalars()) {
      Stage stage = stage(part, scalar);
      if (stage != null
          && stage.from().equals(before.to())
          && stage.combination().form() == before.combination().form()) {
        return stage;
      }
    }
    return null;
  }

  /**
   * Whether nothing else in these runs needs what lies between the stages, nor the place where the
   * result would come earlier than it did.
   */
  private static boolean isAlone(List<Stage> stages) {
    Place result = stages.getLast().to();
    for (int i = 0; i < stages.size(); i++) {
      Set<Place> used = new HashSet<>(Set.of(result));
      if (i > 0) {
        Place before = stages.get(i - 1).to();
        if (!before.equals(stages.get(i).to()) && stages.get(i).run().wanted().contains(before)) {
          return false;
        }
        used.add(before);
      }
      used.add(stages.get(i).to());
      for (Scalar scalar : without(stages.get(i)).scalars()) {
        boolean[] touches = {used.contains(scalar.target())};
        scalar.readsAnywhere(place -> touches[0] |= used.contains(place));
        if (touches[0]) {
          return false;
        }
      }
    }
    return true;
  }

  private static Part.Run without(Stage stage) {
    List<Scalar> rest = new ArrayList<>(stage.run().scalars());
    rest.removeIf(scalar -> scalar == stage.shuffle() || scalar == stage.combination());
    return new Part.Run(List.copyOf(rest), stage.run().wanted(), stage.run().exact());
  }
}
