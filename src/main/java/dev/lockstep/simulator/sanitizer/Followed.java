package dev.lockstep.simulator.sanitizer;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Register;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An instruction in the code that follows values: it executes the op and notes which bits of the
 * results have none. What it merely uses must have values, as must its guard.
 */
class Followed extends Op {
  final Op op;
  final Instruction in;
  final NumberedRegisters registers;
  private final int guard;
  private final List<Register> uses = new ArrayList<>();
  private final List<Use> ways = new ArrayList<>();
  private final List<Register> results = new ArrayList<>();
  private int[] useNumbers = {};
  private int[] resultNumbers = {};

  Followed(Op op, Instruction in, NumberedRegisters registers) {
    this.op = op;
    this.in = in;
    this.registers = registers;
    Instruction.Guard own = in.guard();
    this.guard = own == null ? -1 : registers.number(own.predicate());
  }

  /** Says that nothing goes well without a value in a register. */
  final Followed uses(Register register, Use way) {
    uses.add(register);
    ways.add(way);
    useNumbers = registers.numbers(uses);
    return this;
  }

  /** Says that a register has a value behind it. */
  final Followed sets(Register register) {
    results.add(register);
    resultNumbers = registers.numbers(results);
    return this;
  }

  @Override
  public final boolean isBarrier() {
    return op.isBarrier();
  }

  @Override
  public final void execute(Warp w) {
    BlockShadow shadow = BlockShadow.of(w);
    int lanes = w.mask;
    Instruction.Guard own = in.guard();
    if (own != null) {
      require(w, shadow, lanes, guard, own.predicate(), Use.BRANCH);
      int holds = w.predicates[registers.predicate(own.predicate())];
      lanes &= own.negated() ? ~holds : holds;
    }
    for (int i = 0; i < useNumbers.length; i++) {
      require(w, shadow, lanes, useNumbers[i], uses.get(i), ways.get(i));
    }
    execute(w, shadow, lanes);
  }

  /** Executes the op and notes what its results lack. */
  void execute(Warp w, BlockShadow shadow, int lanes) {
    op.execute(w);
    int done = done(w, lanes);
    for (int number : resultNumbers) {
      shadow.unset.set(w, number, done);
    }
  }

  /** An operation of the whole warp was done by those that came together at it, or not yet. */
  final int done(Warp w, int lanes) {
    return in.guard() == null ? w.mask : lanes;
  }

  /** Reports lanes in which a register lacks bits. */
  final void require(
      Warp w, BlockShadow shadow, int lanes, int number, Register register, Use use) {
    int lacking = lanes & shadow.unset.lacking(w, number);
    if (lacking != 0) {
      int lane = Integer.numberOfTrailingZeros(lacking);
      report(w, shadow, lane, shadow.unset.origin(w, number, lane), register, use);
    }
  }

  static void report(
      Warp w, BlockShadow shadow, int lane, Origin origin, @Nullable Register register, Use use) {
    if (!origin.isShared() || !shadow.suspicion.exists()) {
      shadow.suspicion.report(Reports.used(origin, register, use, w.site(lane)), origin.isShared());
    }
  }
}
