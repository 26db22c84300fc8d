package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.ScalarType;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.stream.Stream;

/**
 * This pass: lets registers share a place when their values are never wanted at the same time.
 * Compilers write PTX with a fresh register for nearly every result; at 128 or 256 bytes each, a
 * few hundred of them in each of several warps leave the processor's caches.
 *
 * <p>A linear scan (M. Poletto and V. Sarkar, "Linear scan register allocation", 1999) over the
 * code as laid out: a register is wanted from the first place where it is live to the last. Lanes
 * that have parted do not disturb it, as each writes its own lane only.
 */
final class RegisterAllocation {
  /** Free places left alone, so that neighbours can be told apart and change their order. */
  static final int SPARE = 6;

  private final int[] first;
  private final int[] last;

  private RegisterAllocation(int registers) {
    first = new int[registers];
    last = new int[registers];
    Arrays.fill(first, Integer.MAX_VALUE);
    Arrays.fill(last, -1);
  }

  /**
   * Gives every register of the kernel its place, but for predicates and launch constants.
   *
   * @param constant steps that are not executed
   */
  static void run(
      RegisterFileBuilder places,
      List<Register> registers,
      List<Step> steps,
      List<ControlFlow.Block> blocks,
      int[] order,
      boolean[] constant,
      Liveness liveness) {
    RegisterAllocation pass = new RegisterAllocation(registers.size());
    pass.measure(steps, blocks, order, constant, liveness);
    for (int file = 0; file < 4; file++) {
      int wanted = file;
      pass.scan(
          places,
          registers.stream()
              .filter(
                  r -> r.type() != ScalarType.PRED && RegisterFileBuilder.file(r.type()) == wanted)
              .filter(r -> !places.isConstant(r) && pass.last[r.id()] >= 0));
    }
  }

  /** Step n reads at time 2n and writes at 2n + 1: a result may take the place of an operand. */
  private void measure(
      List<Step> steps,
      List<ControlFlow.Block> blocks,
      int[] order,
      boolean[] constant,
      Liveness liveness) {
    int step = 0;
    for (int block : order) {
      extend(liveness.atStart(block), 2 * step);
      for (int i = blocks.get(block).from(); i < blocks.get(block).to(); i++) {
        if (!constant[i]) {
          int time = 2 * step;
          Liveness.uses(steps.get(i), r -> extend(r.id(), time));
          Liveness.definitions(steps.get(i), r -> extend(r.id(), time + 1));
        }
        step++;
      }
      extend(liveness.atEnd(block), 2 * step);
    }
  }

  private void extend(BitSet ids, int time) {
    ids.stream().forEach(id -> extend(id, time));
  }

  private void extend(int id, int time) {
    first[id] = Math.min(first[id], time);
    last[id] = Math.max(last[id], time);
  }

  private void scan(RegisterFileBuilder places, Stream<Register> registers) {
    PriorityQueue<Register> active =
        new PriorityQueue<>(Comparator.comparingInt((Register r) -> last[r.id()]));
    Queue<Integer> free = new ArrayDeque<>();
    registers
        .sorted(Comparator.comparingInt(r -> first[r.id()]))
        .forEach(
            register -> {
              while (!active.isEmpty() && last[active.element().id()] < first[register.id()]) {
                free.add(places.slot(active.remove()).index());
              }
              Integer place = free.size() > SPARE ? free.remove() : null;
              if (place == null) {
                places.slot(register);
              } else {
                places.share(register, place);
              }
              active.add(register);
            });
  }
}
