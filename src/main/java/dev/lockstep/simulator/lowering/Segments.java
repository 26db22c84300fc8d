package dev.lockstep.simulator.lowering;

import dev.lockstep.device.Approximation;
import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.jit.Part;
import dev.lockstep.simulator.jit.Place;
import dev.lockstep.simulator.jit.Scalar;
import dev.lockstep.simulator.jit.Segment;
import dev.lockstep.simulator.op.Branch;
import dev.lockstep.simulator.op.FusedMatrixMultiply;
import dev.lockstep.simulator.op.MatrixMultiply;
import dev.lockstep.simulator.op.Onlooker;
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
  /** The virtual machine does not compile huge methods. */
  private static final int LONGEST_SEGMENT = 200;

  /**
   * Instructions up to which a segment goes on behind branches, and what it lets them pass over.
   */
  private static final int LONGEST_CHAIN = 100;

  private static final int LONGEST_PASSED = 24;

  /** What a segment ends before. */
  private static final Set<String> BREAKS =
      Set.of("call", "brx", "ret", "trap", "brkpt", "nanosleep");

  /** What ends a segment itself, beside branches. */
  private static final Set<String> ENDS = Set.of("bar", "barrier", "exit");

  private final RegisterFileBuilder registers;
  private final List<Register> all;
  private final ScalarLowering scalars;
  private final List<Segment> found = new ArrayList<>();

  /**
   * @param all the kernel's registers by id
   */
  Segments(
      RegisterFileBuilder registers,
      Symbols symbols,
      List<Register> all,
      Approximation approximation) {
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
   * @param step what it came from; null for one that only an instrument put there, and for what
   *     comes before and after a call
   * @param watched whether an instrument put something around it, or put it there, so that it has
   *     to be executed; alone, it then leaves registers alone
   * @param mayFollow whether the interpreter may go on from it, with what it would have by then
   */
  record Placed(@Nullable Step step, Op op, int pc, boolean watched, boolean mayFollow) {
    Placed(@Nullable Step step, Op op, int pc) {
      this(step, op, pc, false, false);
    }
  }

  /**
   * A basic block as laid out.
   *
   * @param liveAtEnd ids of the registers wanted behind it
   * @param liveBehind the same of what comes next when a branch at its end is not taken
   * @param passes whether its branch leads past the next block, which then goes on behind itself
   */
  record Block(List<Placed> code, BitSet liveAtEnd, BitSet liveBehind, boolean passes) {}

  /** Looks at all blocks, in their order. */
  void add(List<Block> blocks) {
    for (int b = 0; b < blocks.size(); b++) {
      List<Placed> block = blocks.get(b).code();
      List<BitSet> live = live(block, blocks.get(b).liveAtEnd());
      int from = 0;
      for (int i = 0; i <= block.size(); i++) {
        if (i == block.size() || breaks(block.get(i)) || i - from == LONGEST_SEGMENT) {
          segment(block, live, live.get(i), from, i);
          from = i < block.size() && breaks(block.get(i)) ? i + 1 : i;
        } else if (ends(block.get(i))) {
          if (!passing(blocks, b, from, i)) {
            boolean last = i + 1 == block.size();
            BitSet behind = last ? blocks.get(b).liveBehind() : live.get(i + 1);
            segment(block, live, behind, from, i + 1);
          }
          from = i + 1;
        }
      }
    }
  }

  /** Of instructions up to a branch that passes over a block: goes on behind that block. */
  private boolean passing(List<Block> blocks, int first, int from, int to) {
    SegmentBuilder builder = new SegmentBuilder();
    int b = first;
    List<Placed> block = blocks.get(b).code();
    int start = from;
    int end = to;
    int length = 0;
    boolean waits = false;
    List<BitSet> live = List.of();
    while (length + end - start < LONGEST_CHAIN && canPass(blocks, b, end)) {
      live = live(block, blocks.get(b).liveAtEnd());
      add(block, live, start, end, builder);
      waits |= waits(block.subList(start, end));
      Placed branch = block.get(end);
      List<Placed> passed = blocks.get(b + 1).code();
      List<BitSet> passedLive = live(passed, blocks.get(b + 1).liveAtEnd());
      builder.add(
          new SegmentBuilder.Skip(
              branch.op(),
              passed.size(),
              branch.pc() + 1,
              effect(List.of(branch)).read(),
              effect(passed)),
          body -> add(passed, passedLive, 0, passed.size(), body));
      length += end - start + 1 + passed.size();
      b += 2;
      block = blocks.get(b).code();
      start = 0;
      end = 0;
      while (end < block.size() && !breaks(block.get(end)) && !ends(block.get(end))) {
        end++;
      }
    }
    if (b == first) {
      return false;
    }
    end = Math.min(end + (end < block.size() && ends(block.get(end)) ? 1 : 0), LONGEST_CHAIN);
    live = live(block, blocks.get(b).liveAtEnd());
    add(block, live, 0, end, builder);
    Set<Place> wanted = places(live.get(end));
    List<Part> parts = builder.build(wanted);
    boolean goesOn = end == 0 || !ends(block.get(end - 1));
    waits |= waits(block.subList(0, end));
    int pc = blocks.get(first).code().get(from).pc();
    found.add(new Segment(pc, length + end, goesOn, waits, parts, wanted));
    return true;
  }

  /**
   * Whether the branch at the end of a block passes over a short one that any lanes may execute.
   */
  private static boolean canPass(List<Block> blocks, int b, int end) {
    Block block = blocks.get(b);
    return block.passes()
        && end == block.code().size() - 1
        && Branch.of(block.code().get(end).op()) instanceof Branch branch
        && !branch.takenExits()
        && blocks.get(b + 1).code().size() <= LONGEST_PASSED
        && blocks.get(b + 1).code().stream().allMatch(Segments::isPlain);
  }

  private static boolean isPlain(Placed placed) {
    return placed.op() instanceof Onlooker
        || placed.step() != null
            && placed.step().kind() == Step.Kind.PLAIN
            && !breaks(placed)
            && !ends(placed)
            && !Steps.waits(placed.step());
  }

  private static boolean breaks(Placed placed) {
    return placed.step() != null
        && placed.step().kind() != Step.Kind.BRANCH
        && (BREAKS.contains(placed.step().instruction().opcode())
            || readsClock(placed.step().instruction()));
  }

  /** A segment counts its instructions when it starts: the clock would run ahead. */
  static boolean readsClock(Instruction in) {
    return in.operands().stream()
        .anyMatch(o -> o instanceof Operand.Special(String name) && SpecialValues.isClock(name));
  }

  /** Whether it parts lanes or makes a warp wait, which the last of a segment may do. */
  private static boolean ends(Placed placed) {
    if (placed.step() == null) {
      return false;
    }
    Instruction in = placed.step().instruction();
    return placed.step().kind() == Step.Kind.BRANCH
        || ENDS.contains(in.opcode()) && !in.has("warp");
  }

  /** Whether lanes may have to wait for others in one of these, and then to go on. */
  private static boolean waits(List<Placed> code) {
    return code.stream()
        .anyMatch(placed -> placed.step() != null && Steps.waits(placed.step()) && !ends(placed));
  }

  private void segment(List<Placed> block, List<BitSet> live, BitSet liveBehind, int from, int to) {
    if (to - from < 2) {
      return;
    }
    SegmentBuilder builder = new SegmentBuilder();
    add(block, live, from, to, builder);
    List<Part> parts = builder.build(places(live.get(to)));
    boolean goesOn = !ends(block.get(to - 1));
    boolean waits = waits(block.subList(from, to));
    int pc = block.get(from).pc();
    found.add(new Segment(pc, to - from, goesOn, waits, parts, places(liveBehind)));
  }

  private void add(
      List<Placed> block, List<BitSet> live, int from, int to, SegmentBuilder builder) {
    int i = from;
    while (i < to) {
      List<Placed> products = products(block, i, to);
      if (products.size() > 1) {
        List<MatrixMultiply> multiplies =
            products.stream().map(placed -> (MatrixMultiply) placed.op()).toList();
        builder.add(
            new FusedMatrixMultiply(multiplies), products.getLast().pc() + 1, effect(products));
      } else {
        add(block.get(i), live.get(i), builder);
      }
      i += products.size();
    }
  }

  private void add(Placed placed, BitSet live, SegmentBuilder builder) {
    int behind = placed.pc() + 1;
    Step step = placed.step();
    if (step == null) {
      if (placed.watched()) {
        builder.add(placed.op(), behind, SegmentBuilder.Effect.NONE);
      } else {
        builder.addOpaque(placed.op(), behind, places(live), SegmentBuilder.Effect.NONE);
      }
      return;
    }
    boolean apart = placed.watched() || step.kind() != Step.Kind.PLAIN;
    List<Scalar> translated = apart ? null : scalars.of(step.instruction());
    if (translated != null) {
      translated.forEach(builder::add);
    } else if (placed.mayFollow()) {
      builder.addOpaque(placed.op(), behind, places(live), effect(List.of(placed)));
    } else if (ends(placed)) {
      builder.addLast(placed.op(), behind, effect(List.of(placed)));
    } else {
      builder.add(placed.op(), behind, effect(List.of(placed)));
    }
  }

  /** The first op and, if they are matrix products that can be one, its followers. */
  private static List<Placed> products(List<Placed> block, int from, int to) {
    List<Placed> products = new ArrayList<>();
    for (int i = from; i < to; i++) {
      if (block.get(i).watched()
          || !(block.get(i).op() instanceof MatrixMultiply product)
          || !product.isFusable()
          || !products.isEmpty()
              && ((MatrixMultiply) products.getFirst().op()).input() != product.input()) {
        break;
      }
      products.add(block.get(i));
    }
    return products.isEmpty() ? List.of(block.get(from)) : products;
  }

  private SegmentBuilder.Effect effect(List<Placed> ops) {
    Set<Place> read = new HashSet<>();
    Set<Place> values = new HashSet<>();
    Set<Place> written = new HashSet<>();
    boolean keeps = false;
    for (Placed placed : ops) {
      Step step = placed.step();
      if (step == null) {
        continue; // An onlooker.
      }
      Liveness.uses(step, r -> read.add(place(registers, r)));
      Liveness.values(step, r -> values.add(place(registers, r)));
      Liveness.definitions(step, r -> written.add(place(registers, r)));
      keeps |= step.instruction().guard() != null;
    }
    return new SegmentBuilder.Effect(read, values, written, keeps);
  }

  /** Ids of the registers wanted before each instruction, and behind the last. */
  private static List<BitSet> live(List<Placed> block, BitSet liveAtEnd) {
    List<BitSet> all = new ArrayList<>();
    BitSet live = (BitSet) liveAtEnd.clone();
    all.add((BitSet) live.clone());
    for (Placed placed : block.reversed()) {
      Step step = placed.step();
      if (step != null) {
        if (step.instruction().guard() == null) {
          Liveness.definitions(step, r -> live.clear(r.id()));
        }
        Liveness.uses(step, r -> live.set(r.id()));
      }
      all.add((BitSet) live.clone());
    }
    return all.reversed();
  }

  private Set<Place> places(BitSet live) {
    Set<Place> places = new HashSet<>();
    live.stream().forEach(id -> places.add(place(registers, all.get(id))));
    return places;
  }

  static Place place(RegisterFileBuilder registers, Register register) {
    if (register.type() == ScalarType.PRED) {
      return new Place(Place.PREDICATES, registers.predicate(register), false);
    }
    Slot<?> slot = registers.slot(register);
    return new Place(slot.file(), slot.index(), registers.isUniform(register));
  }
}
