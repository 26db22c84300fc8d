package dev.lockstep.simulator.jit;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.Opcode;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The comparisons of {@code setp}: takes two values from the operand stack, leaves 1 or 0. */
enum Comparison {
  EQ(Opcode.IFEQ, false),
  NE(Opcode.IFNE, null),
  LT(Opcode.IFLT, true),
  LE(Opcode.IFLE, true),
  GT(Opcode.IFGT, false),
  GE(Opcode.IFGE, false),
  LO(Opcode.IFLT, null),
  LS(Opcode.IFLE, null),
  HI(Opcode.IFGT, null),
  HS(Opcode.IFGE, null),
  NEU(Opcode.IFNE, false),
  LTU(Opcode.IFLT, false),
  LEU(Opcode.IFLE, false),
  GTU(Opcode.IFGT, true),
  GEU(Opcode.IFGE, true);

  private static final ClassDesc LANE_MATH = LaneMath.class.describeConstable().orElseThrow();
  private static final ClassDesc LONG = ClassDesc.of("java.lang.Long");

  private final Opcode branch;

  /** Whether NaN makes a float comparison "greater"; null where floats have no such comparison. */
  private final @Nullable Boolean nanIsGreater;

  Comparison(Opcode branch, @Nullable Boolean nanIsGreater) {
    this.branch = branch;
    this.nanIsGreater = nanIsGreater;
  }

  String spelling() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The comparison on a type, or null where the second tier leaves it to the interpreter. */
  @Nullable Consumer<CodeBuilder> of(String type) {
    boolean floatsOnly = ordinal() >= NEU.ordinal();
    boolean unsignedOnly = ordinal() >= LO.ordinal() && !floatsOnly;
    switch (type) {
      case "f32", "f64" -> {
        if (nanIsGreater == null) {
          return null;
        }
        boolean greater = nanIsGreater;
        boolean single = type.equals("f32");
        return c -> {
          if (single) {
            var unused = greater ? c.fcmpg() : c.fcmpl();
          } else {
            var unused = greater ? c.dcmpg() : c.dcmpl();
          }
          truth(c);
        };
      }
      default -> {
        boolean unsigned = type.charAt(0) != 's';
        if (floatsOnly || unsignedOnly && type.charAt(0) != 'u') {
          return null;
        }
        return type.endsWith("64") ? longs(unsigned) : ints(unsigned);
      }
    }
  }

  private Consumer<CodeBuilder> ints(boolean unsigned) {
    String less = unsigned ? "isBelow" : "isLess";
    return c -> {
      switch (branch) {
        case IFEQ -> of(c, "differ").iconst_1().ixor();
        case IFNE -> of(c, "differ");
        case IFLT -> of(c, less);
        case IFGE -> of(c, less).iconst_1().ixor();
        case IFGT -> of(c.swap(), less);
        case IFLE -> of(c.swap(), less).iconst_1().ixor();
        default -> throw new AssertionError(branch);
      }
    };
  }

  private static CodeBuilder of(CodeBuilder c, String method) {
    return c.invokestatic(LANE_MATH, method, MethodTypeDesc.ofDescriptor("(II)I"));
  }

  private Consumer<CodeBuilder> longs(boolean unsigned) {
    return c -> {
      if (unsigned && branch != Opcode.IFEQ && branch != Opcode.IFNE) {
        c.invokestatic(LONG, "compareUnsigned", MethodTypeDesc.ofDescriptor("(JJ)I"));
      } else {
        c.lcmp();
      }
      truth(c);
    };
  }

  private void truth(CodeBuilder c) {
    truth(c, branch);
  }

  private static void truth(CodeBuilder c, Opcode when) {
    Label yes = c.newLabel();
    Label end = c.newLabel();
    c.branch(when, yes).iconst_0().goto_(end).labelBinding(yes).iconst_1().labelBinding(end);
  }
}
