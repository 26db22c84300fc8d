package dev.lockstep.simulator.jit;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.lockstep.simulator.execution.LaneAddresses;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.op.Address;
import dev.lockstep.simulator.op.LaneMemoryOp;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.DynamicConstantDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The class generated for one segment: {@code run} calls a method for each run of lane-by-lane
 * instructions and executes the ops between them, which it holds as constants so that the virtual
 * machine can inline them.
 */
final class SegmentClass {
  static final ClassDesc WARP = describe(Warp.class);
  private static final ClassDesc OP = describe(Op.class);
  private static final ClassDesc BASE = describe(CompiledSegment.class);
  private static final ClassDesc MEMORY_OP = describe(LaneMemoryOp.class);
  private static final ClassDesc ADDRESS = describe(Address.class);
  private static final ClassDesc LANE_ADDRESSES = describe(LaneAddresses.class);
  private static final MethodTypeDesc ON_WARP = MethodTypeDesc.of(CD_void, WARP);
  private static final MethodTypeDesc CONSTRUCTOR = MethodTypeDesc.of(CD_void, OP, CD_int, CD_int);

  private final ClassDesc name =
      ClassDesc.of(SegmentClass.class.getPackageName(), "GeneratedSegment");
  private final Segment segment;
  private final List<Object> constants = new ArrayList<>();

  SegmentClass(Segment segment) {
    this.segment = segment;
  }

  /** The objects that the class takes its constants from, once {@link #bytes} was asked for. */
  List<Object> constants() {
    return constants;
  }

  byte[] bytes() {
    return ClassFile.of()
        .build(
            name,
            type -> {
              type.withSuperclass(BASE).withFlags(ClassFile.ACC_PUBLIC | ClassFile.ACC_FINAL);
              constructor(type);
              type.withMethodBody("run", ON_WARP, ClassFile.ACC_PROTECTED, this::run);
              int run = 0;
              for (Part part : segment.parts()) {
                if (part instanceof Part.Run lanes) {
                  type.withMethodBody(
                      "run" + run++,
                      ON_WARP,
                      ClassFile.ACC_PRIVATE | ClassFile.ACC_STATIC,
                      c -> new LaneLoop(lanes, c).emit());
                }
              }
            });
  }

  private static void constructor(ClassBuilder type) {
    type.withMethodBody(
        ConstantDescs.INIT_NAME,
        CONSTRUCTOR,
        ClassFile.ACC_PUBLIC,
        c ->
            c.aload(0)
                .aload(1)
                .iload(2)
                .iload(3)
                .invokespecial(BASE, ConstantDescs.INIT_NAME, CONSTRUCTOR)
                .return_());
  }

  private void run(CodeBuilder c) {
    AddressRegisters seen = new AddressRegisters();
    int pc = segment.pc();
    int run = 0;
    for (Part part : segment.parts()) {
      pc += part.length();
      switch (part) {
        case Part.Run lanes -> {
          c.aload(1).invokestatic(name, "run" + run++, ON_WARP);
          lanes.scalars().forEach(scalar -> seen.written(scalar.target()));
        }
        case Part.Single(Op op, int length, Set<Place> written) -> {
          // An op finds its place in the code from the program counter, one behind itself.
          c.aload(1).loadConstant(pc).putfield(WARP, "pc", CD_int);
          if (op instanceof LaneMemoryOp access) {
            access(c, access, seen);
          } else {
            c.loadConstant(constant(op, OP)).aload(1).invokevirtual(OP, "execute", ON_WARP);
          }
          written.forEach(seen::written);
        }
      }
    }
    c.return_();
  }

  /** Looks at the address register unless that was done, and hands on what was seen. */
  private void access(CodeBuilder c, LaneMemoryOp op, AddressRegisters seen) {
    int known = seen.find(op.address());
    int at = known >= 0 ? known : seen.add(op.address());
    int lanes = c.allocateLocal(TypeKind.REFERENCE);
    c.aload(1).getfield(WARP, "laneAddresses", LANE_ADDRESSES.arrayType());
    c.loadConstant(at).aaload().astore(lanes);
    if (known < 0) {
      c.loadConstant(constant(op.address(), ADDRESS)).aload(1).aload(lanes);
      c.invokevirtual(ADDRESS, "look", MethodTypeDesc.of(CD_void, WARP, LANE_ADDRESSES));
    }
    c.loadConstant(constant(op, MEMORY_OP)).aload(1).aload(lanes);
    c.invokeinterface(MEMORY_OP, "execute", MethodTypeDesc.of(CD_void, WARP, LANE_ADDRESSES));
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
