package dev.lockstep.simulator.jit;

import static java.lang.constant.ConstantDescs.CD_boolean;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.lockstep.simulator.execution.LaneAddresses;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.op.Address;
import dev.lockstep.simulator.op.LaneMemoryOp;
import dev.lockstep.simulator.op.Onlooker;
import dev.lockstep.simulator.op.WatchedLaneOp;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.DynamicConstantDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The class generated for one segment: {@code execute} calls a method for each run of lane-by-lane
 * instructions and executes the ops between them, which it holds as constants so that the virtual
 * machine can inline them.
 */
final class SegmentClass {
  private static final ClassDesc WARP = describe(Warp.class);
  private static final ClassDesc INTS = ConstantDescs.CD_int.arrayType();
  private static final ClassDesc OP = describe(Op.class);
  private static final ClassDesc BASE = describe(CompiledSegment.class);
  private static final ClassDesc THROWN = describe(RuntimeException.class);
  private static final ClassDesc SOME_LANES = describe(SomeLanes.class);
  private static final ClassDesc RUN = describe(SomeLanes.Run.class);
  private static final ClassDesc PASSING = describe(SomeLanes.Passing.class);
  private static final ClassDesc MEMORY_OP = describe(LaneMemoryOp.class);
  private static final ClassDesc WATCHED_OP = describe(WatchedLaneOp.class);
  private static final ClassDesc ADDRESS = describe(Address.class);
  private static final ClassDesc LANE_ADDRESSES = describe(LaneAddresses.class);
  private static final MethodTypeDesc ON_WARP = MethodTypeDesc.of(CD_void, WARP);
  private static final MethodTypeDesc ON_LANES = MethodTypeDesc.of(CD_void, WARP, LANE_ADDRESSES);
  private static final MethodTypeDesc ENTERS = MethodTypeDesc.of(CD_boolean, WARP);
  private static final MethodTypeDesc CONSTRUCTOR =
      MethodTypeDesc.of(CD_void, OP, describe(Segment.class), SOME_LANES);

  /** What one warp does of it. */
  private static final String TO_BARRIER = "executeToBarrier";

  private static final ClassDesc NAME =
      ClassDesc.of(SegmentClass.class.getPackageName(), "GeneratedSegment");
  private final Segment segment;
  private final LaneCodes codes;
  private final List<BoundCode> bound = new ArrayList<>();
  private final List<Object> constants = new ArrayList<>();

  /** What is owed in a loop; null if nothing is, or it is none. */
  private final @Nullable LoopSteps steps;

  /** Where in {@link #bound} that of the loop begins, in which something is owed. */
  private final int boundInLoop;

  SegmentClass(Segment segment, LaneCodes codes) {
    this.segment = segment;
    this.codes = codes;
    bind(segment.parts(), new HashSet<>());
    steps = segment.isLoop() ? steps(segment) : null;
    boundInLoop = bound.size();
    if (steps != null) {
      bind(steps.pieces().stream().flatMap(p -> p.part().stream()).toList(), new HashSet<>());
    }
  }

  private static @Nullable LoopSteps steps(Segment loop) {
    LoopSteps steps =
        new LoopSteps(loop.parts(), AddressRegisters.ofLoop(loop.parts()), loop.wantedBehind());
    return steps.any() ? steps : null;
  }

  /** What it does when some lanes are active; null when it then waits for the others. */
  @Nullable SomeLanes someLanes() {
    return segment.waits()
        ? null
        : SomeLanes.of(segment.parts(), segment.pc() + 1, bound.iterator());
  }

  /** Has code that is new compiled before the segment takes over. */
  void rehearse(Sample sample) {
    bound.forEach(code -> code.rehearse(sample));
  }

  /** The objects that the class takes its constants from, once {@link #bytes} was asked for. */
  List<Object> constants() {
    return constants;
  }

  byte[] bytes() {
    return ClassFile.of()
        .build(
            NAME,
            type -> {
              type.withSuperclass(BASE).withFlags(ClassFile.ACC_PUBLIC | ClassFile.ACC_FINAL);
              constructor(type);
              type.withMethodBody("execute", ON_WARP, ClassFile.ACC_PUBLIC, this::execute);
              if (segment.commonEnd() != null) {
                type.withMethodBody(TO_BARRIER, ON_WARP, ClassFile.ACC_PRIVATE, this::toBarrier);
                new BlockLoop(NAME, TO_BARRIER, segment.pc() + segment.length()).addTo(type);
              }
            });
  }

  /**
   * Makes the code of all parts that have some, in their order.
   *
   * @param anyNan registers in which a NaN may have any bits, before and then behind
   */
  private void bind(List<Part> parts, Set<Place> anyNan) {
    for (Part part : parts) {
      switch (part) {
        case Part.Run run -> bind(LaneClass.of(run, anyNan));
        case Part.Butterfly butterfly -> bind(LaneClass.of(butterfly, anyNan));
        // What is read behind it was exact before, and is at its end.
        case Part.Passed passed -> bind(passed.parts(), new HashSet<>(anyNan));
        case Part.Single single -> anyNan.removeAll(single.written());
      }
    }
  }

  private void bind(LaneClass lanes) {
    bound.add(new BoundCode(codes.of(lanes), lanes.registers()));
  }

  private static void constructor(ClassBuilder type) {
    type.withMethodBody(
        ConstantDescs.INIT_NAME,
        CONSTRUCTOR,
        ClassFile.ACC_PUBLIC,
        c ->
            c.aload(0)
                .aload(1)
                .aload(2)
                .aload(3)
                .invokespecial(BASE, ConstantDescs.INIT_NAME, CONSTRUCTOR)
                .return_());
  }

  private void toBarrier(CodeBuilder c) {
    List<Part> parts = segment.parts().subList(0, segment.parts().size() - 1);
    tryParts(c, parts, new AddressRegisters());
    c.return_();
  }

  private void execute(CodeBuilder c) {
    Label all = c.newLabel();
    c.aload(0).aload(1).invokevirtual(BASE, "starts", MethodTypeDesc.of(CD_boolean, WARP));
    c.ifne(all).aload(0).aload(1).invokevirtual(BASE, "executePartly", ON_WARP).return_();
    AddressRegisters seen =
        segment.isLoop() ? AddressRegisters.ofLoop(segment.parts()) : new AddressRegisters();
    Label again = c.newLabel();
    c.labelBinding(all);
    for (int at = 1; at < seen.seen().length; at++) {
      Address address = seen.seen()[at];
      if (address != null) {
        look(c, address, at);
      }
    }
    StepCode owed = steps == null ? null : new StepCode(c, steps, seen);
    if (owed != null) {
      owed.look();
    }
    c.labelBinding(again);
    if (steps == null) {
      tryParts(c, segment.parts(), seen);
    } else {
      turn(c, steps, seen);
    }
    if (segment.isLoop()) {
      c.aload(0).aload(1).invokevirtual(BASE, "repeats", MethodTypeDesc.of(CD_boolean, WARP));
      c.ifne(again);
    }
    if (owed != null) {
      Label ended = c.newLabel();
      Label settled = c.newLabel();
      c.aload(0).aload(1).invokevirtual(BASE, "hasEnded", MethodTypeDesc.of(CD_boolean, WARP));
      c.ifne(ended);
      owed.settle();
      c.goto_(settled).labelBinding(ended);
      owed.settleWanted();
      c.labelBinding(settled);
    }
    if (segment.goesOn()) {
      c.aload(1).loadConstant(segment.pc() + segment.length()).putfield(WARP, "pc", CD_int);
    }
    c.return_();
  }

  /** One turn of a loop in which something is owed. */
  private void turn(CodeBuilder c, LoopSteps loop, AddressRegisters seen) {
    int[] next = {boundInLoop};
    c.trying(
        tried -> {
          StepCode owed = new StepCode(tried, loop, seen);
          for (LoopSteps.Piece piece : loop.pieces()) {
            execute(tried, piece.part(), seen, next);
            piece.owed().forEach(owed::owe);
          }
        },
        left ->
            left.catching(
                THROWN,
                caught -> {
                  new StepCode(caught, loop, seen).settle();
                  left(caught);
                }));
  }

  private void tryParts(CodeBuilder c, List<Part> parts, AddressRegisters seen) {
    if (!parts.stream().allMatch(Part.Run.class::isInstance)) {
      c.trying(
          tried -> execute(tried, parts, seen, new int[1]),
          left -> left.catching(THROWN, this::left));
    } else {
      execute(c, parts, seen, new int[1]);
    }
  }

  /** The warp goes on in other code, or nowhere: what would have come next was not executed. */
  private void left(CodeBuilder c) {
    c.aload(1).loadConstant(segment.pc() + segment.length());
    c.aload(1).getfield(WARP, "pc", CD_int).isub();
    c.invokevirtual(WARP, "leaveOut", MethodTypeDesc.of(CD_void, CD_int)).athrow();
  }

  /**
   * @param next the number of the next of {@link #bound}
   */
  private void execute(CodeBuilder c, List<Part> parts, AddressRegisters seen, int[] next) {
    for (Part part : parts) {
      switch (part) {
        case Part.Run lanes -> {
          run(c, bound.get(next[0]++));
          lanes.scalars().forEach(scalar -> written(c, scalar, seen));
        }
        case Part.Butterfly butterfly -> {
          run(c, bound.get(next[0]++));
          seen.written(butterfly.to());
        }
        case Part.Passed passed -> {
          pass(c, passed, seen, next);
          seen.clear();
        }
        case Part.Single(Op op, int behind, var values, Set<Place> written) -> {
          c.aload(1).loadConstant(behind).putfield(WARP, "pc", CD_int);
          if (op instanceof LaneMemoryOp access) {
            access(c, access, seen);
          } else {
            execute(c, op);
          }
          written.forEach(seen::written);
        }
      }
    }
  }

  private void pass(CodeBuilder c, Part.Passed passed, AddressRegisters seen, int[] next) {
    Label behind = c.newLabel();
    Iterator<BoundCode> code = bound.subList(next[0], bound.size()).iterator();
    boolean anyLanes = passed.isForAnyLanes();
    c.loadConstant(constant(SomeLanes.Passing.of(passed, code), PASSING)).aload(1);
    c.invokevirtual(PASSING, anyLanes ? "admits" : "enters", ENTERS).ifeq(behind);
    if (anyLanes) {
      executeAny(c, passed, seen, next);
      c.aload(1).iconst_m1().invokevirtual(WARP, "setMask", MethodTypeDesc.of(CD_void, CD_int));
    } else {
      execute(c, passed.parts(), seen, next);
    }
    c.labelBinding(behind);
  }

  /** For any lanes: where others want nothing of what is written they may compute it, too. */
  private void executeAny(CodeBuilder c, Part.Passed passed, AddressRegisters seen, int[] next) {
    for (Part part : passed.parts()) {
      switch (part) {
        case Part.Run lanes -> {
          BoundCode code = bound.get(next[0]++);
          Set<Place> written = lanes.written();
          if (Collections.disjoint(written, passed.wanted())) {
            run(c, code);
          } else {
            c.loadConstant(constant(new SomeLanes.Run(code, lanes), RUN)).aload(1);
            c.invokevirtual(RUN, "executeAny", ON_WARP);
          }
          written.forEach(seen::written);
        }
        case Part.Single(LaneMemoryOp access, int behind, var values, Set<Place> written) -> {
          c.aload(1).loadConstant(behind).putfield(WARP, "pc", CD_int);
          if (Collections.disjoint(written, passed.wanted())) {
            access(c, access, seen);
          } else {
            execute(c, access);
          }
          written.forEach(seen::written);
        }
        case Part.Single(Op op, int behind, var values, Set<Place> written)
            when op instanceof Onlooker ->
            execute(c, op);
        default -> throw new IllegalArgumentException("not for any lanes: " + part);
      }
    }
  }

  private void execute(CodeBuilder c, Object op) {
    c.loadConstant(constant(op, OP)).aload(1).invokevirtual(OP, "execute", ON_WARP);
  }

  private void run(CodeBuilder c, BoundCode call) {
    c.loadConstant(constant(call.code(), LaneClass.BASE)).aload(1);
    c.loadConstant(constant(call.numbers(), INTS));
    c.invokevirtual(LaneClass.BASE, "run", LaneClass.RUN);
  }

  /** Looks at the address register unless that was done, and hands on what was seen. */
  private void access(CodeBuilder c, LaneMemoryOp op, AddressRegisters seen) {
    int known = seen.find(op.address());
    int at = known >= 0 ? known : seen.add(op.address());
    if (known < 0) {
      look(c, op.address(), at);
    }
    int lanes = c.allocateLocal(TypeKind.REFERENCE);
    StepCode.lanes(c, at).astore(lanes);
    LaneMemoryOp access = op;
    while (access instanceof WatchedLaneOp watched) {
      c.loadConstant(constant(watched, WATCHED_OP)).aload(1).aload(lanes);
      c.invokeinterface(WATCHED_OP, "before", ON_LANES);
      access = watched.watched();
    }
    c.loadConstant(constant(access, MEMORY_OP)).aload(1).aload(lanes);
    c.invokeinterface(MEMORY_OP, "execute", ON_LANES);
  }

  private void look(CodeBuilder c, Address address, int at) {
    c.loadConstant(constant(address, ADDRESS)).aload(1);
    StepCode.lanes(c, at).invokevirtual(ADDRESS, "look", ON_LANES);
  }

  /** A register was: nothing is known of its addresses any more, unless all have moved alike. */
  private static void written(CodeBuilder c, Scalar scalar, AddressRegisters seen) {
    int at = seen.find(scalar.target());
    if (at < 0) {
      return;
    }
    if (scalar.step() == 0) {
      seen.written(scalar.target());
    } else {
      StepCode.lanes(c, at).loadConstant(scalar.step());
      c.invokevirtual(LANE_ADDRESSES, "moved", MethodTypeDesc.of(CD_void, CD_long));
    }
  }

  private DynamicConstantDesc<Object> constant(Object value, ClassDesc type) {
    constants.add(value);
    return DynamicConstantDesc.ofNamed(
        ConstantDescs.BSM_CLASS_DATA_AT, ConstantDescs.DEFAULT_NAME, type, constants.size() - 1);
  }

  private static ClassDesc describe(Class<?> type) {
    return type.describeConstable().orElseThrow();
  }
}
