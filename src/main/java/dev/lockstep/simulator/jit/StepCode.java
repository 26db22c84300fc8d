package dev.lockstep.simulator.jit;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.lockstep.simulator.execution.LaneAddresses;
import dev.lockstep.simulator.execution.LaneCount;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.op.Address;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.function.Predicate;

/** The code of what a loop owes to registers: see {@link LoopSteps}. The warp is the argument. */
final class StepCode {
  private static final ClassDesc WARP = Warp.class.describeConstable().orElseThrow();
  private static final ClassDesc ADDRESSES = LaneAddresses.class.describeConstable().orElseThrow();
  private static final ClassDesc COUNT = LaneCount.class.describeConstable().orElseThrow();
  private static final ClassDesc INTS = CD_int.arrayType();

  private final CodeBuilder c;
  private final LoopSteps steps;
  private final AddressRegisters seen;

  /**
   * @param seen the registers of addresses
   */
  StepCode(CodeBuilder c, LoopSteps steps, AddressRegisters seen) {
    this.c = c;
    this.steps = steps;
    this.seen = seen;
  }

  /** Pushes what was seen of the addresses in a place. */
  static CodeBuilder lanes(CodeBuilder c, int at) {
    c.aload(1).getfield(WARP, "laneAddresses", ADDRESSES.arrayType());
    return c.loadConstant(at).aaload();
  }

  /** Before the loop: looks at the registers that it counts in. */
  void look() {
    for (int i = 0; i < steps.counts().size(); i++) {
      count(i);
      ints().loadConstant(steps.counts().get(i).index()).aaload();
      c.invokevirtual(COUNT, "look", MethodTypeDesc.of(CD_void, INTS));
    }
  }

  /** Instead of an instruction. */
  void owe(Scalar scalar) {
    CountComparison comparison = CountComparison.of(scalar);
    if (comparison != null) {
      compare(scalar, comparison);
    } else if (scalar.step() != 0) {
      lanes(c, seen.find(scalar.target())).loadConstant(scalar.step());
      c.invokevirtual(ADDRESSES, "owe", MethodTypeDesc.of(CD_void, CD_long));
    } else {
      count(steps.counts().indexOf(scalar.target())).loadConstant(scalar.wordStep());
      c.invokevirtual(COUNT, "owe", MethodTypeDesc.of(CD_void, CD_int));
    }
  }

  /** Behind the loop, however it was left. */
  void settle() {
    settle(place -> true);
  }

  /** Behind the loop, which has ended for all lanes. */
  void settleWanted() {
    settle(steps::isWantedBehind);
  }

  private void settle(Predicate<Place> wanted) {
    for (int at = 1; at < seen.seen().length; at++) {
      Address address = seen.seen()[at];
      if (address != null
          && address.wide()
          && wanted.test(new Place(Slot.LONGS, address.register(), false))) {
        lanes(c, at).invokevirtual(ADDRESSES, "settle", ConstantDescs.MTD_void);
      }
    }
    for (int i = 0; i < steps.counts().size(); i++) {
      if (wanted.test(steps.counts().get(i))) {
        count(i).invokevirtual(COUNT, "settle", ConstantDescs.MTD_void);
      }
    }
  }

  private void compare(Scalar scalar, CountComparison comparison) {
    c.aload(1).getfield(WARP, "predicates", INTS).loadConstant(scalar.target().index());
    count(steps.counts().indexOf((Place) scalar.sources().getFirst()));
    switch (scalar.sources().getLast()) {
      case Place bound -> ints().loadConstant(bound.index()).aaload().iconst_0().iaload();
      case Source.Literal(boolean floating, long bits, double value) -> c.loadConstant((int) bits);
      default -> throw new IllegalArgumentException("not the same in all lanes: " + scalar);
    }
    c.invokevirtual(COUNT, comparison.method(), MethodTypeDesc.of(CD_int, CD_int));
    if (comparison.complemented()) {
      c.iconst_m1().ixor();
    }
    c.iastore();
  }

  private CodeBuilder ints() {
    return c.aload(1).getfield(WARP, "ints", INTS.arrayType());
  }

  private CodeBuilder count(int number) {
    c.aload(1).getfield(WARP, "laneCounts", COUNT.arrayType());
    return c.loadConstant(number).aaload();
  }
}
