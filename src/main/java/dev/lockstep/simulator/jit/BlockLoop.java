package dev.lockstep.simulator.jit;

import static java.lang.constant.ConstantDescs.CD_boolean;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.lockstep.simulator.execution.Warp;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;

/**
 * The method that takes a whole block to the barrier at a segment's end: a loop over its warps, in
 * the segment's own class, so that the virtual machine makes one piece of code of it.
 */
final class BlockLoop {
  private static final ClassDesc WARP = Warp.class.describeConstable().orElseThrow();
  private static final ClassDesc BASE = CompiledSegment.class.describeConstable().orElseThrow();
  private static final MethodTypeDesc ON_WARP = MethodTypeDesc.of(CD_void, WARP);
  private static final MethodTypeDesc ON_WARPS =
      MethodTypeDesc.of(CD_int, WARP.arrayType(), CD_int);

  private final ClassDesc owner;
  private final String turn;
  private final int end;

  /**
   * @param owner the class it is part of
   * @param turn its method for one warp
   * @param end the pc behind the barrier
   */
  BlockLoop(ClassDesc owner, String turn, int end) {
    this.owner = owner;
    this.turn = turn;
    this.end = end;
  }

  /** Overrides what {@link CompiledSegment} has for segments without a barrier at the end. */
  void addTo(ClassBuilder type) {
    type.withMethodBody("reachBarrier", ON_WARPS, ClassFile.ACC_PROTECTED, this::emit);
  }

  private void emit(CodeBuilder c) {
    int at = c.parameterSlot(1);
    int gone = c.allocateLocal(TypeKind.INT);
    int warp = c.allocateLocal(TypeKind.REFERENCE);
    Label next = c.newLabel();
    Label done = c.newLabel();
    c.iconst_0().istore(gone);
    c.labelBinding(next);
    c.iload(gone).aload(1).arraylength().if_icmpge(done);
    c.aload(1).iload(at).aaload().astore(warp);
    c.aload(0).aload(warp);
    c.invokevirtual(BASE, "startsToBarrier", MethodTypeDesc.of(CD_boolean, WARP)).ifeq(done);
    c.aload(0).aload(warp).invokespecial(owner, turn, ON_WARP);
    c.aload(warp).loadConstant(end).putfield(WARP, "pc", CD_int);
    c.iinc(gone, 1).iinc(at, 1);
    Label inside = c.newLabel();
    c.iload(at).aload(1).arraylength().if_icmplt(inside).iconst_0().istore(at);
    c.labelBinding(inside).goto_(next);
    c.labelBinding(done).iload(gone).ireturn();
  }
}
