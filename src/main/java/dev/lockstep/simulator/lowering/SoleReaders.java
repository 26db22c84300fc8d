package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Register;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * This pass: of registers that several steps set, finds who reads what one of them sets and nothing
 * else. Compilers let a loop count on in the register that held the thread's number before: what
 * reads that number can have a register of its own, which holds the same for a whole launch.
 */
final class SoleReaders {
  /** What was set by no one step. */
  private static final int SEVERAL = -1;

  /** Of a block to which nothing leads. */
  private static final int[] UNREACHED = {};

  /** Blocks times registers up to which it is tried: it looks at all of them, some times. */
  private static final int LARGEST = 1 << 18;

  private final List<Step> steps;
  private final List<ControlFlow.Block> blocks;

  /** All registers of the routine, and those that readers were given. */
  private final List<Register> registers;

  /** By id: the place in {@link #atStart} of a register that several steps set, or −1. */
  private final int[] numbers;

  /** By block and register: the step that set it. */
  private final int[][] atStart;

  private final Map<Integer, BitSet> readers = new HashMap<>();

  private SoleReaders(List<Step> steps, List<ControlFlow.Block> blocks, List<Register> registers) {
    this.steps = steps;
    this.blocks = blocks;
    this.registers = new ArrayList<>(registers);
    this.numbers = new int[registers.size()];
    this.atStart = new int[blocks.size()][];
    Arrays.fill(atStart, UNREACHED);
  }

  /**
   * @param steps readers that are given a register change in it
   */
  static SoleReaders find(
      List<Step> steps, List<ControlFlow.Block> blocks, List<Register> registers) {
    SoleReaders pass = new SoleReaders(steps, blocks, registers);
    int count = pass.number();
    if (count > 0 && (long) count * blocks.size() <= LARGEST) {
      pass.follow(count);
      pass.collect();
    }
    return pass;
  }

  /** All registers there are now. */
  List<Register> registers() {
    return registers;
  }

  /** Whether any steps read what this one sets, in a register that others set, too. */
  boolean any(int step) {
    return readers.containsKey(step);
  }

  /** Gives those who read what a step sets a register of their own, which is to hold the same. */
  Register part(int step) {
    Register from = target(step);
    Register own = new Register(registers.size(), from.name(), from.type(), from.body());
    registers.add(own);
    BitSet who = Objects.requireNonNull(readers.remove(step));
    who.stream().forEach(i -> steps.set(i, Reading.instead(steps.get(i), from, own)));
    return own;
  }

  private int number() {
    int[] definitions = new int[numbers.length];
    steps.forEach(step -> Liveness.definitions(step, r -> definitions[r.id()]++));
    int count = 0;
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = definitions[i] > 1 ? count++ : -1;
    }
    return count;
  }

  private void follow(int count) {
    atStart[0] = new int[count];
    Arrays.fill(atStart[0], SEVERAL);
    boolean again = true;
    while (again) {
      again = false;
      for (int b = 0; b < atStart.length; b++) {
        if (atStart[b] != UNREACHED) {
          int[] setBy = atStart[b].clone();
          for (int i = blocks.get(b).from(); i < blocks.get(b).to(); i++) {
            define(i, setBy);
          }
          for (int next : blocks.get(b).successors()) {
            again |= meet(next, setBy);
          }
        }
      }
    }
  }

  private void define(int step, int[] setBy) {
    boolean guarded = steps.get(step).instruction().guard() != null;
    Liveness.definitions(
        steps.get(step),
        r -> {
          if (numbers[r.id()] >= 0) {
            setBy[numbers[r.id()]] = guarded ? SEVERAL : step;
          }
        });
  }

  private boolean meet(int block, int[] setBy) {
    int[] known = atStart[block];
    if (known == UNREACHED) {
      atStart[block] = setBy.clone();
      return true;
    }
    boolean changed = false;
    for (int r = 0; r < known.length; r++) {
      if (known[r] != setBy[r] && known[r] != SEVERAL) {
        known[r] = SEVERAL;
        changed = true;
      }
    }
    return changed;
  }

  private void collect() {
    for (int b = 0; b < atStart.length; b++) {
      if (atStart[b] != UNREACHED) {
        int[] setBy = atStart[b].clone();
        for (int i = blocks.get(b).from(); i < blocks.get(b).to(); i++) {
          read(i, setBy);
          define(i, setBy);
        }
      }
    }
  }

  private void read(int step, int[] setBy) {
    // Ends can be part of several blocks.
    if (steps.get(step).kind() != Step.Kind.PLAIN && steps.get(step).kind() != Step.Kind.BRANCH) {
      return;
    }
    Liveness.uses(
        steps.get(step),
        r -> {
          int number = numbers[r.id()];
          if (number >= 0 && setBy[number] != SEVERAL && isPlainly(setBy[number], r)) {
            readers.computeIfAbsent(setBy[number], unused -> new BitSet()).set(step);
          }
        });
  }

  /** Whether a step sets one register and no other. */
  private boolean isPlainly(int step, Register register) {
    Step by = steps.get(step);
    return by.kind() == Step.Kind.PLAIN
        && by.instruction().operands().getFirst() instanceof Operand.Reg(Register r)
        && r.equals(register);
  }

  private Register target(int step) {
    return Liveness.written(steps.get(step).instruction()).getFirst();
  }
}
