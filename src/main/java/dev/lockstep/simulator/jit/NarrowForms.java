package dev.lockstep.simulator.jit;

import dev.lockstep.simulator.intrinsic.IntegerOps;
import java.lang.classfile.CodeBuilder;
import java.util.List;
import java.util.function.Consumer;

/**
 * Of {@link Forms}, those on integers of 16 bits, and of the 8 bits that registers of 16 hold. As
 * in the interpreter, operands come extended to 32 bits and the upper half of a result is cut off.
 */
final class NarrowForms {
  private NarrowForms() {}

  static void add() {
    for (String type : List.of("s16", "u16")) {
      boolean signed = type.equals("s16");
      String kind = signed ? "Signed" : "Unsigned";
      String source = signed ? "s" : "h";
      String two = source + source;
      narrow("add." + type, two, CodeBuilder::iadd);
      narrow("sub." + type, two, CodeBuilder::isub);
      narrow("mul.lo." + type, two, CodeBuilder::imul);
      narrow("div." + type, two, ints2(IntegerOps.class, "div" + kind));
      narrow("rem." + type, two, ints2(IntegerOps.class, "rem" + kind));
      narrow("min." + type, two, ints2(Math.class, "min"));
      narrow("max." + type, two, ints2(Math.class, "max"));
      narrow("shr." + type, source + "i", ints2(IntegerOps.class, "shr" + kind));
      Forms.form("mul.wide." + type, "i" + two, CodeBuilder::imul);
      Forms.form("cvt.u32." + type, "i" + source, c -> {});
      Forms.form("cvt.s32." + type, "i" + source, c -> {});
      Forms.form("cvt.u64." + type, "l" + source, CodeBuilder::i2l);
      Forms.form("cvt.s64." + type, "l" + source, CodeBuilder::i2l);
      Forms.form("cvt.rn.f32." + type, "f" + source, CodeBuilder::i2f);
      for (String from : List.of("s32", "u32")) {
        narrow("cvt." + type + "." + from, "i", c -> {});
      }
    }
    narrow("neg.s16", "s", CodeBuilder::ineg);
    narrow("shr.b16", "hi", ints2(IntegerOps.class, "shrUnsigned"));
    narrow("shl.b16", "hi", ints2(IntegerOps.class, "shl"));
    narrow("not.b16", "h", c -> c.iconst_m1().ixor());
    narrow("and.b16", "hh", CodeBuilder::iand);
    narrow("or.b16", "hh", CodeBuilder::ior);
    narrow("xor.b16", "hh", CodeBuilder::ixor);
    bytes();
  }

  private static void bytes() {
    Consumer<CodeBuilder> lowest = c -> c.loadConstant(0xff).iand();
    Forms.form("cvt.u32.u8", "ih", lowest);
    Forms.form("cvt.s32.s8", "ih", CodeBuilder::i2b);
    Forms.form("cvt.rn.f32.u8", "fh", lowest.andThen(CodeBuilder::i2f));
    Forms.form("cvt.rn.f32.s8", "fh", c -> c.i2b().i2f());
    narrow("cvt.u16.u8", "h", lowest);
    narrow("cvt.s16.s8", "h", CodeBuilder::i2b);
  }

  private static void narrow(String opcode, String sources, Consumer<CodeBuilder> emission) {
    Forms.form(opcode, "h" + sources, emission.andThen(c -> c.loadConstant(0xffff).iand()));
  }

  private static Consumer<CodeBuilder> ints2(Class<?> owner, String name) {
    return Forms.call(owner, name, int.class, int.class);
  }
}
