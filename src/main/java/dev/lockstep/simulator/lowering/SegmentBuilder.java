package dev.lockstep.simulator.lowering;

import dev.lockstep.simulator.execution.IdleLanes;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.jit.Part;
import dev.lockstep.simulator.jit.Place;
import dev.lockstep.simulator.jit.Scalar;
import dev.lockstep.simulator.jit.Source;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Orders the instructions of a segment so that few and long runs come out, as each costs a loop of
 * its own: what works lane by lane is put off until something needs it, past the ops of the
 * interpreter between, which keep their order. Copies are looked through, and what nobody reads is
 * left out.
 */
final class SegmentBuilder {
  /** The virtual machine does not compile huge methods; nor does a run gain from being one. */
  private static final int LONGEST_RUN = IdleLanes.MOST;

  /** What is being added to: the segment's pieces, or those of a part that may be passed over. */
  private List<Piece> pieces = new ArrayList<>();

  private final List<Scalar> pending = new ArrayList<>();

  /** Places that hold a copy, and what of. */
  private final Map<Place, Source> copies = new HashMap<>();

  /** What parts are made of, once it is known what is read behind each. */
  private sealed interface Piece {}

  private record Loop(List<Scalar> scalars) implements Piece {}

  private record Apart(Part.Single part, Effect effect) implements Piece {}

  private record Passed(Skip skip, List<Piece> pieces) implements Piece {}

  /**
   * Instructions that a branch passes over.
   *
   * @param length how many
   * @param behind the pc behind the branch
   * @param predicate what the branch reads
   * @param effect of all of them
   */
  record Skip(Op branch, int length, int behind, Set<Place> predicate, Effect effect) {}

  /**
   * What an op of the interpreter does to registers.
   *
   * @param values those of them that it reads; of a load or store not the one it computes addresses
   *     from
   * @param written registers it may change
   * @param keeps whether it may leave them as they are
   */
  record Effect(Set<Place> read, Set<Place> values, Set<Place> written, boolean keeps) {
    static final Effect NONE = new Effect(Set.of(), Set.of(), Set.of(), false);
  }

  /** Adds what computes each lane from the same lane. */
  void add(Scalar scalar) {
    Scalar forwarded = forwarded(scalar);
    pending.add(forwarded);
    forget(forwarded.target());
    if (isCopy(forwarded)) {
      copies.put(forwarded.target(), forwarded.sources().getFirst());
    }
  }

  /**
   * Adds an op.
   *
   * @param behind the pc behind it
   */
  void add(Op op, int behind, Effect effect) {
    loops(neededBy(effect));
    pieces.add(new Apart(new Part.Single(op, behind, effect.values(), effect.written()), effect));
    effect.written().forEach(this::forget);
  }

  /** Adds instructions that a branch may pass over. */
  void add(Skip skip, Consumer<SegmentBuilder> body) {
    flush();
    List<Piece> outer = pieces;
    pieces = new ArrayList<>();
    body.accept(this);
    flush();
    outer.add(new Passed(skip, pieces));
    pieces = outer;
    copies.clear();
  }

  /** Adds an op that ends the segment: nothing can be put off past it. */
  void addLast(Op op, int behind, Effect effect) {
    flush();
    add(op, behind, effect);
  }

  /**
   * Adds an op before which all must have been done that comes before it.
   *
   * @param live registers that are wanted from it on
   */
  void addOpaque(Op op, int behind, Set<Place> live, Effect effect) {
    flush();
    copies.clear();
    Set<Place> read = new HashSet<>(live);
    read.addAll(effect.read());
    add(op, behind, new Effect(read, effect.values(), effect.written(), effect.keeps()));
  }

  /**
   * The parts.
   *
   * @param wanted what is read behind the segment
   */
  List<Part> build(Set<Place> wanted) {
    flush();
    // Runs take a NaN as it comes, unlike anyone else.
    return build(pieces, new HashSet<>(wanted), new HashSet<>(wanted));
  }

  /**
   * @param live what is read behind the pieces, and then before them
   * @param exact those of them in which a NaN must have the bits that PTX says
   */
  private static List<Part> build(List<Piece> pieces, Set<Place> live, Set<Place> exact) {
    List<Part> parts = new ArrayList<>();
    for (Piece piece : pieces.reversed()) {
      switch (piece) {
        case Apart(Part.Single part, Effect effect) -> {
          parts.add(part);
          if (effect.keeps()) {
            live.addAll(effect.written());
            exact.addAll(effect.written());
          } else {
            live.removeAll(effect.written());
            exact.removeAll(effect.written());
          }
          live.addAll(effect.read());
          exact.addAll(effect.read());
        }
        case Passed(Skip skip, List<Piece> body) -> {
          // Whoever comes behind cannot know which way was taken: all is exact on both.
          Set<Place> liveBefore = new HashSet<>(live);
          List<Part> passed = build(body, liveBefore, new HashSet<>(live));
          parts.add(
              new Part.Passed(
                  skip.branch(), skip.length(), skip.behind(), passed, Set.copyOf(live)));
          Set<Place> kept = new HashSet<>(skip.effect().written());
          kept.retainAll(live);
          live.addAll(liveBefore);
          for (Set<Place> read : List.of(skip.effect().read(), skip.predicate(), kept)) {
            live.addAll(read);
            exact.addAll(read);
          }
        }
        case Loop(List<Scalar> scalars) -> {
          Set<Place> wantedHere = Set.copyOf(live);
          Set<Place> exactHere = Set.copyOf(exact);
          List<Scalar> useful = useful(scalars, live, exact);
          if (!useful.isEmpty()) {
            parts.add(new Part.Run(useful, wantedHere, exactHere));
          }
        }
      }
    }
    return Butterflies.found(parts.reversed());
  }

  /** Those whose result is read; {@code live} and {@code exact} are then as before them. */
  private static List<Scalar> useful(List<Scalar> scalars, Set<Place> live, Set<Place> exact) {
    List<Scalar> useful = new ArrayList<>();
    for (Scalar scalar : scalars.reversed()) {
      if (live.contains(scalar.target())) {
        useful.add(scalar);
        if (scalar.guard() == null) {
          live.remove(scalar.target());
          exact.remove(scalar.target());
        }
        scalar.readsAnywhere(live::add);
      }
    }
    return List.copyOf(useful.reversed());
  }

  private void flush() {
    loops(List.copyOf(pending));
    pending.clear();
  }

  /** Takes those that have to come before an op from the pending ones, in order. */
  private List<Scalar> neededBy(Effect effect) {
    Set<Place> read = new HashSet<>(effect.read());
    Set<Place> written = new HashSet<>(effect.written());
    if (effect.keeps()) {
      read.addAll(written);
    }
    List<Scalar> needed = new ArrayList<>();
    for (int i = pending.size() - 1; i >= 0; i--) {
      Scalar scalar = pending.get(i);
      boolean[] overwritten = {false};
      scalar.readsAnywhere(place -> overwritten[0] |= written.contains(place));
      if (read.contains(scalar.target()) || written.contains(scalar.target()) || overwritten[0]) {
        needed.add(pending.remove(i));
        scalar.readsAnywhere(read::add);
        written.add(scalar.target());
      }
    }
    return needed.reversed();
  }

  /**
   * Adds runs, as few as there can be: what reads other lanes must find what it reads in the
   * register, so that it comes in a later run than what writes it.
   */
  private void loops(List<Scalar> scalars) {
    List<List<Scalar>> levels = new ArrayList<>();
    Map<Place, Integer> written = new HashMap<>();
    Map<Place, Integer> read = new HashMap<>();
    for (Scalar scalar : scalars) {
      int[] level = {0};
      scalar.reads(place -> level[0] = Math.max(level[0], written.getOrDefault(place, 0)));
      scalar.readsElsewhere(
          place -> level[0] = Math.max(level[0], written.getOrDefault(place, -1) + 1));
      level[0] = Math.max(level[0], written.getOrDefault(scalar.target(), 0));
      level[0] = Math.max(level[0], read.getOrDefault(scalar.target(), 0));
      written.put(scalar.target(), level[0]);
      scalar.readsAnywhere(place -> read.merge(place, level[0], Math::max));
      if (level[0] == levels.size()) {
        levels.add(new ArrayList<>());
      }
      levels.get(level[0]).add(scalar);
    }
    for (List<Scalar> level : levels) {
      for (int from = 0; from < level.size(); from += LONGEST_RUN) {
        int to = Math.min(level.size(), from + LONGEST_RUN);
        pieces.add(new Loop(List.copyOf(level.subList(from, to))));
      }
    }
  }

  private static boolean isCopy(Scalar scalar) {
    return scalar.guard() == null
        && scalar.form().isMove()
        && switch (scalar.sources().getFirst()) {
          case Place place -> !place.equals(scalar.target());
          case Source.Literal literal -> true;
          default -> false;
        };
  }

  /** A place has changed: it is no copy, and what is a copy of it no longer is. */
  private void forget(Place place) {
    copies.remove(place);
    copies.values().removeIf(Predicate.isEqual(place));
  }

  /** Reads what was copied instead of the copy. */
  private Scalar forwarded(Scalar scalar) {
    List<Source> sources = new ArrayList<>();
    for (int i = 0; i < scalar.sources().size(); i++) {
      sources.add(forwarded(scalar.sources().get(i)));
    }
    return new Scalar(
        scalar.form(), scalar.target(), List.copyOf(sources), scalar.guard(), scalar.negated());
  }

  private Source forwarded(Source source) {
    if (source instanceof Place place) {
      return copies.getOrDefault(place, source);
    }
    return source instanceof Source.Elsewhere(Place place, List<Integer> lanes)
            && copies.get(place) instanceof Place original
        ? new Source.Elsewhere(original, lanes)
        : source;
  }
}
