package dev.lockstep.simulator.lowering;

import dev.lockstep.device.Approximation;
import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.jit.Part;
import dev.lockstep.simulator.jit.Place;
import dev.lockstep.simulator.jit.Scalar;
import dev.lockstep.simulator.jit.Segment;
import dev.lockstep.simulator.op.FusedMatrixMultiply;
import dev.lockstep.simulator.op.MatrixMultiply;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * This pass: describes the straight pieces of the code to the second tier, which compiles those
 * that turn out hot.
 */
final class Segments {
  /** The virtual machine does not compile huge methods; nor does a segment gain from being one. */
  private static final int LONGEST_RUN = 64;

  private static final int LONGEST_SEGMENT = 200;

  /** What may part lanes or make a warp wait: a segment ends before it. */
  private static final Set<String> BREAKS =
      Set.of("bar", "barrier", "call", "brx", "bra", "ret", "exit", "trap", "brkpt", "nanosleep");

  private final Registers registers;
  private final List<Register> all;
  private final ScalarLowering scalars;
  private final List<Segment> found = new ArrayList<>();

  /**
   * @param all the kernel's registers by id
   */
  Segments(Registers registers, Symbols symbols, List<Register> all, Approximation approximation) {
    this.registers = registers;
    this.all = all;
    this.scalars = new ScalarLowering(registers, symbols, approximation);
  }

  /** All that were found, in the order of the code. */
  List<Segment> found() {
    return found;
  }

  /**
   * An op as laid out.
   *
   * @param step what it came from; null for one that only an instrument put there
   * @param watched whether an instrument put something around it, so that it has to be executed
   */
  record Placed(@Nullable Step step, Op op, int pc, boolean watched) {
    Placed(@Nullable Step step, Op op, int pc) {
      this(step, op, pc, false);
    }
  }

  /**
   * Looks at a basic block.
   *
   * @param liveAtEnd ids of the registers wanted behind it
   */
  void add(List<Placed> block, BitSet liveAtEnd) {
    List<@Nullable List<Scalar>> translated = new ArrayList<>();
    for (Placed placed : block) {
      Step step = placed.step();
      translated.add(step == null || placed.watched() ? null : scalars.of(step.instruction()));
    }
    List<Set<Place>> wanted = wanted(block, translated, liveAtEnd);
    int from = 0;
    for (int i = 0; i <= block.size(); i++) {
      if (i == block.size() || breaks(block.get(i)) || i - from == LONGEST_SEGMENT) {
        segment(block, translated, wanted, from, i);
        from = i < block.size() && breaks(block.get(i)) ? i + 1 : i;
      }
    }
  }

  private static boolean breaks(Placed placed) {
    if (placed.step() == null) {
      return false;
    }
    Instruction in = placed.step().instruction();
    return BREAKS.contains(in.opcode()) && !in.has("warp");
  }

  private void segment(
      List<Placed> block,
      List<@Nullable List<Scalar>> translated,
      List<Set<Place>> wanted,
      int from,
      int to) {
    if (to - from < 2) {
      return;
    }
    List<Part> parts = new ArrayList<>();
    int i = from;
    while (i < to) {
      int end = i;
      List<Scalar> run = new ArrayList<>();
      while (end < to && translated.get(end) != null && run.size() < LONGEST_RUN) {
        run.addAll(translated.get(end++));
      }
      if (end == i) {
        Part.Single single = single(block, i, to);
        parts.add(single);
        i += single.length();
      } else {
        parts.add(new Part.Run(List.copyOf(run), end - i, wanted.get(end - 1)));
        i = end;
      }
    }
    found.add(new Segment(block.get(from).pc(), List.copyOf(parts)));
  }

  /** An op of the interpreter: matrix products that follow each other become one. */
  private Part.Single single(List<Placed> block, int from, int to) {
    List<MatrixMultiply> products = new ArrayList<>();
    Set<Place> written = new HashSet<>();
    for (int i = from; i < to; i++) {
      if (block.get(i).watched()
          || !(block.get(i).op() instanceof MatrixMultiply product)
          || !product.isFusable()
          || !products.isEmpty() && products.getFirst().input() != product.input()) {
        break;
      }
      products.add(product);
      written.addAll(written(block.get(i)));
    }
    return products.size() < 2
        ? new Part.Single(block.get(from).op(), 1, written(block.get(from)))
        : new Part.Single(new FusedMatrixMultiply(products), products.size(), written);
  }

  /** By instruction: the places whose values are read behind it, where runs may end. */
  private List<Set<Place>> wanted(
      List<Placed> block, List<@Nullable List<Scalar>> translated, BitSet liveAtEnd) {
    List<Set<Place>> wanted = new ArrayList<>();
    BitSet live = (BitSet) liveAtEnd.clone();
    for (int i = block.size() - 1; i >= 0; i--) {
      wanted.add(translated.get(i) == null ? Set.of() : places(live));
      Step step = block.get(i).step();
      if (step == null) {
        continue;
      }
      if (step.instruction().guard() == null) {
        Liveness.definitions(step, r -> live.clear(r.id()));
      }
      Liveness.uses(step, r -> live.set(r.id()));
    }
    return wanted.reversed();
  }

  private Set<Place> written(Placed placed) {
    Set<Place> places = new HashSet<>();
    if (placed.step() != null) {
      Liveness.definitions(placed.step(), r -> places.add(place(registers, r)));
    }
    return places;
  }

  private Set<Place> places(BitSet live) {
    Set<Place> places = new HashSet<>();
    live.stream().forEach(id -> places.add(place(registers, all.get(id))));
    return places;
  }

  static Place place(Registers registers, Register register) {
    if (register.type() == ScalarType.PRED) {
      return new Place(Place.PREDICATES, registers.predicate(register), false);
    }
    Slot<?> slot = registers.slot(register);
    return new Place(
        slot.file(), slot.index(), registers.isConstant(register) && registers.isUniform(slot));
  }
}
