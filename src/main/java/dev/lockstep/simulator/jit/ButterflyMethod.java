package dev.lockstep.simulator.jit;

import dev.lockstep.simulator.execution.Warp;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.TypeKind;
import java.util.BitSet;
import java.util.Set;

/**
 * The method of one {@link Part.Butterfly}. Lanes whose numbers differ by an exclusive or of its
 * distances end with one value: it is computed once, as a tree of all their values, and given to
 * each.
 */
final class ButterflyMethod {
  private final Part.Butterfly part;
  private final CodeBuilder c;
  private final RegisterNumbers numbers;
  private final boolean canonicalSources;
  private final int from;

  /**
   * @param anyNan registers in which a NaN may have any bits, before and then behind
   */
  ButterflyMethod(Part.Butterfly part, CodeBuilder c, RegisterNumbers numbers, Set<Place> anyNan) {
    this.part = part;
    this.c = c;
    this.numbers = numbers;
    this.from = c.allocateLocal(TypeKind.REFERENCE);
    canonicalSources = part.form().seesNan(0) && anyNan.contains(part.from());
    if (part.form().nan() == Form.Nan.ANY && !part.exact()) {
      anyNan.add(part.to());
    } else {
      anyNan.remove(part.to());
    }
  }

  void emit() {
    numbers.pushRegister(c, part.from());
    c.astore(from);
    int to = c.allocateLocal(TypeKind.REFERENCE);
    numbers.pushRegister(c, part.to());
    c.astore(to);
    TypeKind kind = LaneLoop.kind(part.to());
    int stages = part.distances().size();
    BitSet done = new BitSet();
    // One place may be both: nothing is stored before all is computed.
    int[] results = new int[Warp.LANES];
    for (int lane = 0; lane < Warp.LANES; lane++) {
      if (!done.get(lane)) {
        combined(lane, stages);
        results[lane] = c.allocateLocal(kind);
        Operands.store(c, part.to(), part.form().result(), results[lane]);
        group(lane, stages, results[lane], results);
        for (int other = 0; other < Warp.LANES; other++) {
          if (results[other] == results[lane]) {
            done.set(other);
          }
        }
      }
    }
    for (int lane = 0; lane < Warp.LANES; lane++) {
      c.aload(to).loadConstant(lane).loadLocal(kind, results[lane]).arrayStore(kind);
    }
    c.return_();
  }

  /** Notes the lanes that have the same result. */
  private void group(int lane, int stages, int result, int[] results) {
    results[lane] = result;
    for (int stage = 0; stage < stages; stage++) {
      int other = lane ^ part.distances().get(stage);
      if (results[other] == 0) {
        group(other, stages, result, results);
      }
    }
  }

  /** Pushes what a lane has after some stages. */
  private void combined(int lane, int stages) {
    if (stages == 0) {
      leaf(lane);
      return;
    }
    combined(lane, stages - 1);
    combined(lane ^ part.distances().get(stages - 1), stages - 1);
    part.form().emission().accept(c);
    if (stages == part.distances().size() && part.form().nan() == Form.Nan.ANY && part.exact()) {
      LaneLoop.canonical(c);
    }
  }

  private void leaf(int lane) {
    Place place = part.from();
    c.aload(from).loadConstant(lane).arrayLoad(LaneLoop.kind(place));
    if (canonicalSources) {
      Operands.retype(c, place, 'f');
      LaneLoop.canonical(c);
      if (part.form().result() == 'i') {
        Operands.toBits(c);
      }
    } else {
      Operands.retype(c, place, part.form().result());
    }
  }
}
