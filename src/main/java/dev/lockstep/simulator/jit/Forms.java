package dev.lockstep.simulator.jit;

import dev.lockstep.device.Approximation;
import dev.lockstep.ptx.Instruction;
import dev.lockstep.simulator.intrinsic.Approximate;
import dev.lockstep.simulator.intrinsic.Conversions;
import dev.lockstep.simulator.intrinsic.DirectedRounding;
import dev.lockstep.simulator.intrinsic.FloatOps;
import dev.lockstep.simulator.intrinsic.IntegerConversions;
import dev.lockstep.simulator.intrinsic.Rounding;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The instructions the second tier translates, by opcode: the most frequent ones of compiled
 * kernels. All others it executes as the interpreter does.
 */
public final class Forms {
  /** Opcodes that round to nearest whether they say so or not. */
  private static final Set<String> NEAREST_BY_DEFAULT =
      Set.of("add", "sub", "mul", "fma", "div", "sqrt", "rcp");

  private static final Set<String> APPROXIMATE =
      Set.of("ex2", "lg2", "sin", "cos", "tanh", "rsqrt");

  private static final Set<String> COMMUTATIVE =
      Set.of("add", "mul", "min", "max", "and", "or", "xor");

  /** What is compared. */
  private static final List<String> TYPES =
      List.of("s16", "u16", "b16", "s32", "u32", "b32", "s64", "u64", "b64", "f32", "f64");

  private static final Map<String, Form> FORMS = new HashMap<>();

  static {
    floats();
    doubles();
    IntegerForms.add();
    NarrowForms.add();
    HalfForms.add();
    conversions();
    comparisons();
  }

  private Forms() {}

  /**
   * How to compute an instruction's result, its guard left aside; null when the interpreter is to.
   *
   * @param approximation what approximate instructions return; only the exact one is translated
   */
  public static @Nullable Form of(Instruction in, Approximation approximation) {
    String opcode = in.opcode();
    StringBuilder key = new StringBuilder(opcode);
    boolean flushes = false;
    boolean saturates = false;
    boolean inexact = APPROXIMATE.contains(opcode);
    for (String modifier : in.modifiers()) {
      switch (modifier) {
        case "ftz" -> flushes = true;
        case "sat" -> saturates = true;
        case "rn" -> {
          if (!NEAREST_BY_DEFAULT.contains(opcode)) {
            key.append(".rn");
          }
        }
        default -> {
          inexact |= modifier.equals("approx") || modifier.equals("full");
          key.append('.').append(modifier);
        }
      }
    }
    Form form = FORMS.get(key.toString());
    if (form == null || inexact && approximation.perturbed()) {
      return null;
    }
    if (!flushes && !saturates) {
      return form;
    }
    return adorned(form, flushes, saturates);
  }

  /** Whether it adds 64-bit integers. */
  static boolean isLongAddition(Form form) {
    return form == FORMS.get("add.s64") || form == FORMS.get("add.u64");
  }

  /** Whether it adds 32-bit integers. */
  static boolean isWordAddition(Form form) {
    return form == FORMS.get("add.s32") || form == FORMS.get("add.u32");
  }

  /** Which comparison of signed 32-bit integers it is; null for none. */
  static @Nullable Comparison wordComparison(Form form) {
    for (Comparison comparison : Comparison.values()) {
      if (form == FORMS.get("setp." + comparison.spelling() + ".s32")) {
        return comparison;
      }
    }
    return null;
  }

  /** {@code .ftz} flushes operands and result, {@code .sat} then clamps; of floats alone. */
  private static @Nullable Form adorned(Form form, boolean flushes, boolean saturates) {
    boolean single = form.result() == 'f';
    if (saturates && !single || flushes && form.types().indexOf('f') < 0) {
      return null;
    }
    if (flushes && form.types().substring(1).indexOf('f') >= 0 && !flushable(form)) {
      return null;
    }
    return new Form(
        form.types(),
        form.nan(),
        form.commutes(),
        c -> {
          if (flushes) {
            flushSources(form, c);
          }
          form.emission().accept(c);
          if (flushes && single) {
            call(FloatOps.class, "flush", float.class).accept(c);
          }
          if (saturates) {
            call(FloatOps.class, "saturate", float.class).accept(c);
          }
        });
  }

  private static boolean flushable(Form form) {
    return List.of("f", "ff", "fff").contains(form.types().substring(1));
  }

  /** Flushes what lies on the operand stack: one, two or three floats. */
  private static void flushSources(Form form, CodeBuilder c) {
    Consumer<CodeBuilder> flush = call(FloatOps.class, "flush", float.class);
    switch (form.types().substring(1)) {
      case "f" -> flush.accept(c);
      case "ff" -> {
        flush.accept(c);
        c.swap();
        flush.accept(c);
        c.swap();
      }
      case "fff" -> {
        int third = c.allocateLocal(TypeKind.FLOAT);
        flush.accept(c);
        c.fstore(third);
        flush.accept(c);
        c.swap();
        flush.accept(c);
        c.swap();
        c.fload(third);
      }
      default -> {}
    }
  }

  private static void floats() {
    form("add.f32", "fff", Form.Nan.ANY, CodeBuilder::fadd);
    form("sub.f32", "fff", Form.Nan.ANY, CodeBuilder::fsub);
    form("mul.f32", "fff", Form.Nan.ANY, CodeBuilder::fmul);
    form("div.f32", "fff", Form.Nan.ANY, CodeBuilder::fdiv);
    form("rcp.f32", "ff", Form.Nan.ANY, c -> c.fconst_1().swap().fdiv());
    form("sqrt.f32", "ff", Form.Nan.ANY, viaDouble("sqrt"));
    form(
        "fma.f32",
        "ffff",
        Form.Nan.ANY,
        call(Math.class, "fma", float.class, float.class, float.class));
    for (String mode : List.of("rz", "rm", "rp")) {
      form("fma." + mode + ".f32", "ffff", Form.Nan.ANY, directedFma(mode));
    }
    form("neg.f32", "ff", CodeBuilder::fneg);
    form("abs.f32", "ff", call(Math.class, "abs", float.class));
    form("copysign.f32", "fff", call(FloatOps.class, "copySign", float.class, float.class));
    for (String name : List.of("min", "max")) {
      form(name + ".f32", "fff", Form.Nan.BLIND, floats2(FloatOps.class, name));
      form(name + ".NaN.f32", "fff", Form.Nan.BLIND, floats2(FloatOps.class, name + "NaN"));
    }
    for (String name : List.of("ex2", "rcp", "rsqrt", "sqrt", "lg2", "sin", "cos", "tanh")) {
      form(name + ".approx.f32", "ff", Form.Nan.BLIND, call(Approximate.class, name, float.class));
    }
    form("div.approx.f32", "fff", Form.Nan.BLIND, floats2(Approximate.class, "divApprox"));
    form("div.full.f32", "fff", Form.Nan.BLIND, floats2(Approximate.class, "divFull"));
  }

  private static Consumer<CodeBuilder> directedFma(String mode) {
    Class<?> f = float.class;
    Consumer<CodeBuilder> fma = call(DirectedRounding.class, "fma", f, f, f, Rounding.class);
    return c -> fma.accept(constant(c, Rounding.of(mode)));
  }

  /** Pushes one of the roundings. */
  private static CodeBuilder constant(CodeBuilder c, Rounding rounding) {
    return c.getstatic(desc(Rounding.class), rounding.name(), desc(Rounding.class));
  }

  private static Consumer<CodeBuilder> floats2(Class<?> owner, String name) {
    return call(owner, name, float.class, float.class);
  }

  private static void doubles() {
    form("add.f64", "ddd", CodeBuilder::dadd);
    form("sub.f64", "ddd", CodeBuilder::dsub);
    form("mul.f64", "ddd", CodeBuilder::dmul);
    form("div.f64", "ddd", CodeBuilder::ddiv);
    form("fma.f64", "dddd", call(Math.class, "fma", double.class, double.class, double.class));
    form("rcp.f64", "dd", c -> c.dconst_1().dup2_x2().pop2().ddiv());
    form("sqrt.f64", "dd", call(Math.class, "sqrt", double.class));
    for (String name : List.of("min", "max")) {
      form(name + ".f64", "ddd", call(FloatOps.class, name, double.class, double.class));
    }
    form("copysign.f64", "ddd", call(FloatOps.class, "copySign", double.class, double.class));
    form("neg.f64", "dd", CodeBuilder::dneg);
    form("abs.f64", "dd", call(Math.class, "abs", double.class));
  }

  private static void conversions() {
    form("cvt.rn.f32.s32", "fi", CodeBuilder::i2f);
    form(
        "cvt.rn.f32.u32",
        "fi",
        c -> c.invokestatic(desc(Integer.class), "toUnsignedLong", U2L).l2f());
    form("cvt.rn.f32.s64", "fl", CodeBuilder::l2f);
    form("cvt.rn.f64.s32", "di", CodeBuilder::i2d);
    form(
        "cvt.rn.f64.u32",
        "di",
        c -> c.invokestatic(desc(Integer.class), "toUnsignedLong", U2L).l2d());
    form("cvt.rn.f64.s64", "dl", CodeBuilder::l2d);
    form("cvt.f64.f32", "df", CodeBuilder::f2d);
    form("cvt.rn.f32.f64", "fd", CodeBuilder::d2f);
    form("cvt.f32.f32", "ff", c -> {});
    form("cvt.f32.f16", "fh", c -> c.i2s().invokestatic(desc(Float.class), "float16ToFloat", H2F));
    form("cvt.f32.bf16", "fh", call(LaneMath.class, "bf16ToFloat", int.class));
    form("cvt.rn.f16.f32", "hf", call(Conversions.class, "toF16", float.class));
    form("cvt.rn.bf16.f32", "hf", call(Conversions.class, "toBf16", float.class));
    form("cvt.rn.f16x2.f32", "iff", call(Conversions.class, "toF16x2", float.class, float.class));
    form("cvt.rn.bf16x2.f32", "iff", call(Conversions.class, "toBf16x2", float.class, float.class));
    for (String mode : List.of("rni", "rzi", "rmi", "rpi")) {
      form("cvt." + mode + ".s32.f32", "if", rounded("toS32", mode));
      form("cvt." + mode + ".u32.f32", "if", rounded("toU32", mode));
    }
    form("cvt.rni.f32.f32", "ff", viaDouble("rint"));
    form("cvt.rmi.f32.f32", "ff", viaDouble("floor"));
    form("cvt.rpi.f32.f32", "ff", viaDouble("ceil"));
    form("cvt.rzi.f32.f32", "ff", call(LaneMath.class, "truncate", float.class));
  }

  private static void comparisons() {
    for (Comparison comparison : Comparison.values()) {
      for (String type : TYPES) {
        Consumer<CodeBuilder> emission = comparison.of(type);
        if (emission != null) {
          char t = typeCode(type);
          String sources = "" + t + t;
          String opcode = "setp." + comparison.spelling();
          form(opcode + "." + type, "p" + sources, Form.Nan.BLIND, emission);
          form(
              opcode + ".and." + type,
              "pp" + sources,
              Form.Nan.BLIND,
              emission.andThen(CodeBuilder::iand));
          form(
              opcode + ".or." + type,
              "pp" + sources,
              Form.Nan.BLIND,
              emission.andThen(CodeBuilder::ior));
        }
      }
    }
  }

  /** {@code mov} of one value. */
  public static Form move(char type) {
    return new Form("" + type + type, Form.Nan.COPY, false, c -> {});
  }

  /** {@code selp}; its sources are the predicate, then the value where it holds, then the other. */
  public static Form select(char type) {
    Class<?> java =
        switch (type) {
          case 'f' -> float.class;
          case 'd' -> double.class;
          case 'l' -> long.class;
          default -> int.class;
        };
    return new Form(
        "" + type + 'p' + type + type, call(LaneMath.class, "select", int.class, java, java));
  }

  /** {@code mov} of two halves into one register, the lower half first; null for other sizes. */
  public static @Nullable Form pack(char type) {
    return switch (type) {
      case 'i' -> new Form("ihh", call(LaneMath.class, "joinHalves", int.class, int.class));
      case 'l' -> new Form("lii", call(LaneMath.class, "join", int.class, int.class));
      default -> null;
    };
  }

  /** {@code mov} of one register's lower or upper half; null for other sizes. */
  public static @Nullable Form unpack(char type, boolean upper) {
    return switch (type) {
      case 'i' ->
          upper
              ? new Form("hi", call(LaneMath.class, "upper", int.class))
              : new Form("hi", c -> c.loadConstant(0xffff).iand());
      case 'l' ->
          upper
              ? new Form("il", call(LaneMath.class, "upper", long.class))
              : new Form("il", CodeBuilder::l2i);
      default -> null;
    };
  }

  private static char typeCode(String type) {
    return switch (type) {
      case "f32" -> 'f';
      case "f64" -> 'd';
      case "s64", "u64", "b64" -> 'l';
      case "s16" -> 's';
      case "u16", "b16" -> 'h';
      default -> 'i';
    };
  }

  private static Consumer<CodeBuilder> rounded(String method, String mode) {
    Consumer<CodeBuilder> convert =
        call(IntegerConversions.class, method, float.class, Rounding.class);
    return c -> convert.accept(constant(c, Rounding.of(mode)));
  }

  /** A function of {@code Math} on double, rounded to float. */
  private static Consumer<CodeBuilder> viaDouble(String method) {
    return c -> c.f2d().invokestatic(desc(Math.class), method, ROOT).d2f();
  }

  static Consumer<CodeBuilder> ints3(Class<?> owner, String name) {
    return call(owner, name, int.class, int.class, int.class);
  }

  private static final MethodTypeDesc ROOT = MethodTypeDesc.ofDescriptor("(D)D");
  private static final MethodTypeDesc U2L = MethodTypeDesc.ofDescriptor("(I)J");
  private static final MethodTypeDesc H2F = MethodTypeDesc.ofDescriptor("(S)F");

  static ClassDesc desc(Class<?> c) {
    return c.describeConstable().orElseThrow();
  }

  /** A call of a static method, which must exist. */
  static Consumer<CodeBuilder> call(Class<?> owner, String name, Class<?>... parameters) {
    Method method;
    try {
      method = owner.getMethod(name, parameters);
    } catch (NoSuchMethodException e) {
      throw new LinkageError("the second tier calls a method that is gone", e);
    }
    MethodTypeDesc type =
        MethodType.methodType(method.getReturnType(), parameters).describeConstable().orElseThrow();
    ClassDesc target = desc(owner);
    return c -> c.invokestatic(target, name, type);
  }

  /** Adds a form that looks at the bits of its sources. */
  static void form(String opcode, String types, Consumer<CodeBuilder> emission) {
    form(opcode, types, Form.Nan.EXACT, emission);
  }

  private static void form(
      String opcode, String types, Form.Nan nan, Consumer<CodeBuilder> emission) {
    String operation = opcode.substring(0, opcode.indexOf('.'));
    boolean commutes =
        COMMUTATIVE.contains(operation) && (types.equals("fff") || types.equals("iii"));
    FORMS.put(opcode, new Form(types, nan, commutes, emission));
  }
}
