package dev.lockstep.simulator.jit;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.DynamicConstantDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.List;

/**
 * The class generated for one segment: {@code run} calls a method for each run of lane-by-lane
 * instructions and executes the ops between them, which it holds as constants so that the virtual
 * machine can inline them.
 */
final class SegmentClass {
  static final ClassDesc WARP = describe(Warp.class);
  private static final ClassDesc OP = describe(Op.class);
  private static final ClassDesc BASE = describe(CompiledSegment.class);
  private static final MethodTypeDesc ON_WARP = MethodTypeDesc.of(CD_void, WARP);
  private static final MethodTypeDesc CONSTRUCTOR = MethodTypeDesc.of(CD_void, OP, CD_int, CD_int);

  private final ClassDesc name =
      ClassDesc.of(SegmentClass.class.getPackageName(), "GeneratedSegment");
  private final Segment segment;
  private final List<Op> constants = new ArrayList<>();

  SegmentClass(Segment segment) {
    this.segment = segment;
  }

  /** The ops that the class takes its constants from, once {@link #bytes} was asked for. */
  List<Op> constants() {
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
    int pc = segment.pc();
    int run = 0;
    for (Part part : segment.parts()) {
      pc += part.length();
      switch (part) {
        case Part.Run lanes -> c.aload(1).invokestatic(name, "run" + run++, ON_WARP);
        case Part.Single(Op op) -> {
          // An op finds its place in the code from the program counter, one behind itself.
          c.aload(1).loadConstant(pc).putfield(WARP, "pc", CD_int);
          c.loadConstant(constant(op)).aload(1).invokevirtual(OP, "execute", ON_WARP);
        }
      }
    }
    c.return_();
  }

  private DynamicConstantDesc<Op> constant(Op op) {
    constants.add(op);
    return DynamicConstantDesc.ofNamed(
        ConstantDescs.BSM_CLASS_DATA_AT, ConstantDescs.DEFAULT_NAME, OP, constants.size() - 1);
  }

  private static ClassDesc describe(Class<?> type) {
    return type.describeConstable().orElseThrow();
  }
}
