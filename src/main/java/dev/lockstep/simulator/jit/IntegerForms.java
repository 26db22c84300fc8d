package dev.lockstep.simulator.jit;

import dev.lockstep.simulator.intrinsic.BitOps;
import dev.lockstep.simulator.intrinsic.IntegerOps;
import java.lang.classfile.CodeBuilder;
import java.util.List;
import java.util.function.Consumer;

/** Of {@link Forms}, those on integers and bits of 32 and 64 bits, and on predicates. */
final class IntegerForms {
  private IntegerForms() {}

  static void add() {
    integers();
    longs();
    conversions();
  }

  private static void integers() {
    for (String type : List.of("s32", "u32")) {
      boolean signed = type.equals("s32");
      String kind = signed ? "Signed" : "Unsigned";
      Class<?> extremes = signed ? Math.class : LaneMath.class;
      Forms.form("add." + type, "iii", CodeBuilder::iadd);
      Forms.form("sub." + type, "iii", CodeBuilder::isub);
      Forms.form("mul.lo." + type, "iii", CodeBuilder::imul);
      Forms.form(
          "mad.lo." + type,
          "iiii",
          Forms.call(LaneMath.class, "mad", int.class, int.class, int.class));
      Forms.form(
          "mul.hi." + type,
          "iii",
          Forms.call(IntegerOps.class, "mulHi" + kind, int.class, int.class));
      Forms.form(
          "div." + type, "iii", Forms.call(IntegerOps.class, "div" + kind, int.class, int.class));
      Forms.form(
          "rem." + type, "iii", Forms.call(IntegerOps.class, "rem" + kind, int.class, int.class));
      Forms.form("min." + type, "iii", Forms.call(extremes, "min", int.class, int.class));
      Forms.form("max." + type, "iii", Forms.call(extremes, "max", int.class, int.class));
      Forms.form(
          "shr." + type, "iii", Forms.call(IntegerOps.class, "shr" + kind, int.class, int.class));
      Forms.form("bfe." + type, "iiii", Forms.ints3(BitOps.class, "extract" + kind));
      Forms.form(
          "mul.wide." + type,
          "lii",
          Forms.call(LaneMath.class, "wide" + kind, int.class, int.class));
      Forms.form(
          "mad.wide." + type,
          "liil",
          Forms.call(LaneMath.class, "wide" + kind, int.class, int.class, long.class));
    }
    Forms.form(
        "lop3.b32",
        "iiiii",
        Forms.call(LaneMath.class, "logic3", int.class, int.class, int.class, int.class));
    for (boolean clamp : new boolean[] {true, false}) {
      String mode = clamp ? ".clamp.b32" : ".wrap.b32";
      Forms.form("shf.l" + mode, "iiii", funnel("funnelLeft", clamp));
      Forms.form("shf.r" + mode, "iiii", funnel("funnelRight", clamp));
    }
    Forms.form(
        "bfi.b32",
        "iiiii",
        Forms.call(BitOps.class, "insert", int.class, int.class, int.class, int.class));
    for (String a : List.of("s32", "u32")) {
      for (String b : List.of("s32", "u32")) {
        Forms.form("dp4a." + a + "." + b, "iiii", dotProduct(a.equals("s32"), b.equals("s32")));
      }
    }
    Forms.form("shr.b32", "iii", Forms.call(IntegerOps.class, "shrUnsigned", int.class, int.class));
    Forms.form("neg.s32", "ii", CodeBuilder::ineg);
    Forms.form("abs.s32", "ii", Forms.call(Math.class, "abs", int.class));
    Forms.form("and.b32", "iii", CodeBuilder::iand);
    Forms.form("or.b32", "iii", CodeBuilder::ior);
    Forms.form("xor.b32", "iii", CodeBuilder::ixor);
    Forms.form("not.b32", "ii", c -> c.iconst_m1().ixor());
    Forms.form("shl.b32", "iii", Forms.call(IntegerOps.class, "shl", int.class, int.class));
    Forms.form("popc.b32", "ii", Forms.call(Integer.class, "bitCount", int.class));
    Forms.form("clz.b32", "ii", Forms.call(Integer.class, "numberOfLeadingZeros", int.class));
    Forms.form("brev.b32", "ii", Forms.call(Integer.class, "reverse", int.class));
    Forms.form("prmt.b32", "iiii", Forms.ints3(BitOps.class, "permute"));
    Forms.form("and.pred", "ppp", CodeBuilder::iand);
    Forms.form("or.pred", "ppp", CodeBuilder::ior);
    Forms.form("xor.pred", "ppp", CodeBuilder::ixor);
    Forms.form("not.pred", "pp", c -> c.iconst_1().ixor());
  }

  private static void longs() {
    for (String type : List.of("s64", "u64")) {
      boolean signed = type.equals("s64");
      String kind = signed ? "Signed" : "Unsigned";
      Class<?> extremes = signed ? Math.class : LaneMath.class;
      Forms.form("add." + type, "lll", CodeBuilder::ladd);
      Forms.form("sub." + type, "lll", CodeBuilder::lsub);
      Forms.form("mul.lo." + type, "lll", CodeBuilder::lmul);
      Forms.form(
          "mad.lo." + type,
          "llll",
          Forms.call(LaneMath.class, "mad", long.class, long.class, long.class));
      Forms.form(
          "div." + type, "lll", Forms.call(IntegerOps.class, "div" + kind, long.class, long.class));
      Forms.form(
          "rem." + type, "lll", Forms.call(IntegerOps.class, "rem" + kind, long.class, long.class));
      Forms.form("min." + type, "lll", Forms.call(extremes, "min", long.class, long.class));
      Forms.form("max." + type, "lll", Forms.call(extremes, "max", long.class, long.class));
      Forms.form(
          "mul.hi." + type,
          "lll",
          Forms.call(IntegerOps.class, "mulHi" + kind, long.class, long.class));
      Forms.form(
          "bfe." + type,
          "llii",
          Forms.call(BitOps.class, "extract" + kind, long.class, int.class, int.class));
      Forms.form(
          "shr." + type, "lli", Forms.call(IntegerOps.class, "shr" + kind, long.class, int.class));
    }
    Forms.form(
        "bfi.b64",
        "lllii",
        Forms.call(BitOps.class, "insert", long.class, long.class, int.class, int.class));
    Forms.form("popc.b64", "il", Forms.call(Long.class, "bitCount", long.class));
    Forms.form("clz.b64", "il", Forms.call(Long.class, "numberOfLeadingZeros", long.class));
    Forms.form("brev.b64", "ll", Forms.call(Long.class, "reverse", long.class));
    Forms.form("abs.s64", "ll", Forms.call(Math.class, "abs", long.class));
    Forms.form(
        "shr.b64", "lli", Forms.call(IntegerOps.class, "shrUnsigned", long.class, int.class));
    Forms.form("neg.s64", "ll", CodeBuilder::lneg);
    Forms.form("and.b64", "lll", CodeBuilder::land);
    Forms.form("or.b64", "lll", CodeBuilder::lor);
    Forms.form("xor.b64", "lll", CodeBuilder::lxor);
    Forms.form("not.b64", "ll", c -> c.loadConstant(-1L).lxor());
    Forms.form("shl.b64", "lli", Forms.call(IntegerOps.class, "shl", long.class, int.class));
  }

  private static void conversions() {
    Forms.form("cvt.u64.u32", "li", Forms.call(Integer.class, "toUnsignedLong", int.class));
    Forms.form("cvt.s64.u32", "li", Forms.call(Integer.class, "toUnsignedLong", int.class));
    for (String to : List.of("s", "u")) {
      Forms.form("cvt." + to + "64.s32", "li", CodeBuilder::i2l);
      Forms.form("cvt." + to + "32.s64", "il", CodeBuilder::l2i);
      Forms.form("cvt." + to + "32.u64", "il", CodeBuilder::l2i);
    }
  }

  private static Consumer<CodeBuilder> funnel(String name, boolean clamp) {
    Consumer<CodeBuilder> shift =
        Forms.call(IntegerOps.class, name, int.class, int.class, int.class, boolean.class);
    return c -> shift.accept(c.loadConstant(clamp ? 1 : 0));
  }

  private static Consumer<CodeBuilder> dotProduct(boolean signedA, boolean signedB) {
    Class<?> i = int.class;
    Class<?> flag = boolean.class;
    Consumer<CodeBuilder> product = Forms.call(LaneMath.class, "dotProduct", i, i, i, flag, flag);
    return c -> product.accept(c.loadConstant(signedA ? 1 : 0).loadConstant(signedB ? 1 : 0));
  }
}
