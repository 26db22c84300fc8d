package dev.lockstep.simulator.sanitizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.PtxParser;
import dev.lockstep.ptx.Register;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Which bits of a result lack a value. Each row has an instruction, for each register it reads the
 * value and the bits of that which are not set ({@code value/unset}, hexadecimal), and the bits
 * that are not set in each result. What a value has where it is not set must not matter.
 */
class BitRulesTests {
  private static final String KERNEL =
      """
      .version 8.6
      .target sm_90
      .address_size 64
      .visible .entry k() {
      .reg .pred %p<4>; .reg .b16 %h<4>; .reg .b32 %r<6>; .reg .b64 %rd<6>;
      .reg .f32 %f<4>; .reg .f64 %fd<4>;
      @
      ret; }
      """;

  @ParameterizedTest(name = "{0}  {1} -> {2}")
  @CsvSource(
      delimiter = '~',
      value = {
        // Moved, taken apart, put together.
        "mov.b32 %r0, %r1;                    ~ 5/f0          ~ f0",
        "mov.pred %p0, %p1;                   ~ 1/1           ~ 1",
        "mov.b64 {%r0, %r1}, %rd1;            ~ 0/ff00000012  ~ 12 ff",
        "mov.b64 %rd0, {%r0, %r1};            ~ 0/12 0/ff     ~ ff00000012",
        "mov.b64 %rd0, {%h0, %h1, %h2, %h3};  ~ 0/1 0/2 0/4 0/8 ~ 8000400020001",
        "mov.b32 {%h0, %h1}, %r1;             ~ 0/80010002    ~ 2 8001",
        // A bit is known where the others decide.
        "not.b32 %r0, %r1;                    ~ 5/f0          ~ f0",
        "and.b32 %r0, %r1, %r2;               ~ ff/0 0/ffffffff ~ ff",
        "and.b32 %r0, %r1, 0x7f;              ~ 0/ff          ~ 7f",
        "and.b32 %r0, %r1, %r2;               ~ f0/ff 0/f0    ~ f0",
        "or.b32 %r0, %r1, %r2;                ~ ff/0 0/fff    ~ f00",
        "or.b64 %rd0, %rd1, -16;              ~ 0/ffffffffffffffff ~ f",
        "xor.b32 %r0, %r1, %r2;               ~ ff/0 0/fff    ~ fff",
        "xor.b32 %r0, %r1, %r2;               ~ 0/f0 0/f      ~ ff",
        "and.pred %p0, %p1, %p2;              ~ 0/0 0/1       ~ 0",
        "and.pred %p0, %p1, %p2;              ~ 1/0 0/1       ~ 1",
        "and.pred %p0, !%p1, %p2;             ~ 1/0 0/1       ~ 0",
        "or.pred %p0, %p1, %p2;               ~ 1/0 0/1       ~ 0",
        "lop3.b32 %r0, %r1, %r2, %r3, 0xca;   ~ ff00/0 0/fff0 0/0fff ~ ffff",
        "lop3.b32 %r0, %r1, %r2, %r3, 0xca;   ~ ff00/0 0/00ff 0/ff00 ~ 0",
        "lop3.b32 %r0, %r1, %r2, %r3, 0x80;   ~ f/0 3/0 0/ff  ~ 3",
        "cnot.b32 %r0, %r1;                   ~ 1/2           ~ ffffffff",
        // Either of two: what they agree in is known.
        "selp.b32 %r0, %r1, %r2, %p1;         ~ 0/f 0/f0 1/0  ~ f",
        "selp.b32 %r0, %r1, %r2, %p1;         ~ 0/f 0/f0 0/0  ~ f0",
        "selp.b32 %r0, %r1, %r2, %p1;         ~ 300/f 100/0 0/1 ~ 20f",
        "selp.b32 %r0, 7, 7, %p1;             ~ 0/1           ~ 0",
        "slct.b32.s32 %r0, %r1, %r2, %r3;     ~ 0/f 0/f0 1/0  ~ f",
        "slct.b32.s32 %r0, %r1, %r2, %r3;     ~ 0/f 0/f0 ffffffff/0 ~ f0",
        "slct.b32.s32 %r0, %r1, %r2, %r3;     ~ 0/f 0/f0 80000000/7fffffff ~ f0",
        "slct.b32.s32 %r0, %r1, %r2, %r3;     ~ 0/f 0/f0 0/80000000 ~ ff",
        "slct.b32.f32 %r0, %r1, %r2, %f1;     ~ 0/f 0/f0 80000000/0 ~ f",
        "slct.b32.f32 %r0, %r1, %r2, %f1;     ~ 0/f 0/f0 80000001/0 ~ f0",
        "slct.ftz.b32.f32 %r0, %r1, %r2, %f1; ~ 0/f 0/f0 80000001/0 ~ f",
        "slct.b32.f32 %r0, %r1, %r2, %f1;     ~ 0/f 0/f0 7fc00000/0 ~ f0",
        // Shifted; amounts clamp.
        "shl.b32 %r0, %r1, %r2;               ~ 0/ff 8/0      ~ ff00",
        "shl.b32 %r0, %r1, %r2;               ~ 0/ff000000 8/0 ~ 0",
        "shl.b32 %r0, %r1, %r2;               ~ 0/ff 28/0     ~ 0",
        "shl.b32 %r0, %r1, %r2;               ~ 0/0 0/4       ~ ffffffff",
        "shl.b16 %h0, %h1, 4;                 ~ 0/f0f         ~ f0f0",
        "shr.u32 %r0, %r1, 8;                 ~ 0/ff0000ff    ~ ff0000",
        "shr.s32 %r0, %r1, 8;                 ~ 0/80000000    ~ ff800000",
        "shr.s32 %r0, %r1, 40;                ~ 0/80000000    ~ ffffffff",
        "shr.s32 %r0, %r1, 40;                ~ 0/7fffffff    ~ 0",
        "shr.s64 %rd0, %rd1, 60;              ~ 0/8000000000000000 ~ fffffffffffffff8",
        "shf.l.wrap.b32 %r0, %r1, %r2, 8;     ~ 0/ff000000 0/1 ~ 1ff",
        "shf.r.wrap.b32 %r0, %r1, %r2, 8;     ~ 0/ff000000 0/1 ~ 1ff0000",
        "shf.r.clamp.b32 %r0, %r1, %r2, 40;   ~ 0/ff 0/f00    ~ f00",
        "shf.l.clamp.b32 %r0, %r1, %r2, 40;   ~ 0/ff 0/f00    ~ ff",
        "shf.r.wrap.b32 %r0, %r1, %r2, 40;    ~ 0/ff00 0/0    ~ ff",
        // Bytes and fields; of what says where they are, only the low bits count.
        "prmt.b32 %r0, %r1, %r2, 0x7410;      ~ 0/ff00 0/f00000f ~ f0fff00",
        "prmt.b32 %r0, %r1, %r2, 0x0008;      ~ 0/80 0/0      ~ 808080ff",
        "prmt.b32 %r0, %r1, %r2, 0x0009;      ~ 0/7f00 0/0    ~ 0",
        "prmt.b32 %r0, %r1, %r2, %r3;         ~ 0/0 0/0 3210/ffff0000 ~ 0",
        "prmt.b32 %r0, %r1, %r2, %r3;         ~ 0/0 0/0 3210/1 ~ ffffffff",
        "bfe.u32 %r0, %r1, 4, 8;              ~ 0/ff00        ~ f0",
        "bfe.s32 %r0, %r1, 4, 8;              ~ 0/800         ~ ffffff80",
        "bfe.s32 %r0, %r1, 4, 8;              ~ 0/fffff00f    ~ 0",
        "bfe.s32 %r0, %r1, 24, 16;            ~ 0/80000000    ~ ffffff80",
        "bfe.u32 %r0, %r1, 40, 8;             ~ 0/ffffffff    ~ 0",
        "bfe.u32 %r0, %r1, 4, 0;              ~ 0/ffffffff    ~ 0",
        "bfe.u32 %r0, %r1, %r2, %r3;          ~ 0/0 4/ff00 8/ff00 ~ 0",
        "bfe.u32 %r0, %r1, %r2, %r3;          ~ 0/0 4/1 8/0   ~ ffffffff",
        "bfe.u64 %rd0, %rd1, 32, 64;          ~ 0/ff00000000ff ~ ff00",
        "bfi.b32 %r0, %r1, %r2, 8, 8;         ~ 0/f0f 0/ffff  ~ fff",
        "bfi.b32 %r0, %r1, %r2, 8, 0;         ~ 0/ff 0/f0     ~ f0",
        "bfi.b32 %r0, %r1, %r2, 32, 8;        ~ 0/ff 0/f0     ~ f0",
        "bfi.b32 %r0, %r1, %r2, %r3, 8;       ~ 0/0 0/0 8/ff00 ~ 0",
        // Converted: cut off, or filled up with the sign or with zeros.
        "cvt.u32.u16 %r0, %h1;                ~ 0/8001        ~ 8001",
        "cvt.s32.s16 %r0, %h1;                ~ 0/8001        ~ ffff8001",
        "cvt.s32.s16 %r0, %h1;                ~ 0/7fff        ~ 7fff",
        "cvt.s64.s32 %rd0, %r1;               ~ 0/80000000    ~ ffffffff80000000",
        "cvt.s64.u32 %rd0, %r1;               ~ 0/80000000    ~ 80000000",
        "cvt.u64.s32 %rd0, %r1;               ~ 0/80000000    ~ ffffffff80000000",
        "cvt.u16.u32 %h0, %r1;                ~ 0/ffff0001    ~ 1",
        "cvt.u8.u32 %r0, %r1;                 ~ 0/f80         ~ 80",
        "cvt.u8.s32 %r0, %r1;                 ~ 0/f80         ~ 80",
        "cvt.s8.s32 %r0, %r1;                 ~ 0/f80         ~ ffffff80",
        "cvt.s8.u32 %r0, %r1;                 ~ 0/f80         ~ ffffff80",
        "cvt.s16.u8 %r0, %r1;                 ~ 0/f80         ~ 80",
        "cvt.u16.s8 %r0, %r1;                 ~ 0/f80         ~ ff80",
        "cvt.s16.s8 %r0, %r1;                 ~ 0/f80         ~ ffffff80",
        "cvt.sat.u8.s32 %r0, %r1;             ~ 0/1           ~ ffffffff",
        "cvt.rn.f32.u8 %f0, %r1;              ~ 0/100         ~ 0",
        "cvt.rn.f32.u8 %f0, %r1;              ~ 0/1           ~ ffffffff",
        "cvt.rn.f16x2.f32 %r0, %f1, %f2;      ~ 0/1 0/0       ~ ffff0000",
        "cvt.rn.f16x2.f32 %r0, %f1, %f2;      ~ 0/0 0/1       ~ ffff",
        "cvt.rn.satfinite.e4m3x2.f32 %h0, %f1, %f2; ~ 0/0 0/1 ~ ffff",
        // Compared: one bit that differs is enough to be unequal.
        "setp.eq.u32 %p0, %r1, %r2;           ~ 1/fe 0/0      ~ 0",
        "setp.ne.u32 %p0, %r1, %r2;           ~ 1/fe 1/0      ~ 1",
        "setp.eq.u32 %p0|%p1, %r1, %r2;       ~ 0/1 0/0       ~ 1 1",
        "setp.eq.u16 %p0, %h1, %h2;           ~ 8000/1 0/0    ~ 0",
        "setp.lt.u32 %p0, %r1, %r2;           ~ 1/fe 0/0      ~ 1",
        "setp.eq.f32 %p0, %f1, %f2;           ~ 1/2 0/0       ~ 1",
        "setp.lt.and.u32 %p0, %r1, %r2, %p1;  ~ 0/1 0/0 0/0   ~ 0",
        "setp.lt.and.u32 %p0, %r1, %r2, %p1;  ~ 0/1 0/0 1/0   ~ 1",
        "setp.lt.and.u32 %p0, %r1, %r2, !%p1; ~ 0/1 0/0 1/0   ~ 0",
        "setp.lt.or.u32 %p0, %r1, %r2, %p1;   ~ 0/1 0/0 1/0   ~ 0",
        "setp.lt.xor.u32 %p0, %r1, %r2, %p1;  ~ 0/1 0/0 1/0   ~ 1",
        // Added up, from the lowest bit on.
        "add.u32 %r0, %r1, %r2;               ~ 0/80 0/100    ~ ffffff80",
        "sub.s64 %rd0, %rd1, 1;               ~ 0/100000000   ~ ffffffff00000000",
        "neg.s16 %h0, %h1;                    ~ 0/10          ~ fff0",
        "mul.lo.u32 %r0, %r1, 3;              ~ 0/10          ~ fffffff0",
        "mul.wide.u32 %rd0, %r1, 4;           ~ 0/80000000    ~ ffffffff80000000",
        "mul.hi.u32 %r0, %r1, 4;              ~ 0/80000000    ~ ffffffff",
        "mad.lo.u32 %r0, %r1, %r2, %r3;       ~ 0/0 0/0 0/100 ~ ffffff00",
        "add.sat.s32 %r0, %r1, %r2;           ~ 0/80000000 0/0 ~ ffffffff",
        "add.f32 %f0, %f1, %f2;               ~ 0/1 0/0       ~ ffffffff",
        "add.cc.u32 %r0, %r1, %r2;            ~ 0/80000000 0/0 ~ ffffffff",
        // Halves know nothing of each other.
        "add.f16x2 %r0, %r1, %r2;             ~ 0/10000 0/0   ~ ffff0000",
        "fma.rn.bf16x2 %r0, %r1, %r2, %r3;    ~ 0/0 0/0 0/8000 ~ ffff",
        "max.s16x2 %r0, %r1, %r2;             ~ 0/8000 0/1    ~ ffff",
        "add.f32x2 %rd0, %rd1, %rd2;          ~ 0/1 0/0       ~ ffffffff",
        // Of all else, anything lacks all.
        "popc.b32 %r0, %r1;                   ~ 0/1           ~ ffffffff",
        "max.s32 %r0, %r1, %r2;               ~ 0/0 0/1       ~ ffffffff",
        "fma.rn.f64 %fd0, %fd1, %fd2, %fd3;   ~ 0/0 0/0 0/1   ~ ffffffffffffffff",
      })
  void unsetBits(String instruction, String sources, String expected) {
    Instruction in = parse(instruction);
    assertThat(results(in, sources, 0)).isEqualTo(expected);
    assertThat(results(in, sources, -1)).as("unset bits being ones").isEqualTo(expected);
  }

  @Test
  void shiftsWithinAByteAreNoMoves() {
    assertThat(moves("shl.b32 %r0, %r1, 8;")).isTrue();
    assertThat(moves("shl.b32 %r0, %r1, %r2;")).isTrue();
    assertThat(moves("shl.b32 %r0, %r1, 1;")).isFalse();
    assertThat(moves("cvt.u32.u16 %r0, %h1;")).isTrue();
    assertThat(moves("cvt.rn.f32.u16 %f0, %h1;")).isFalse();
    assertThat(moves("add.u32 %r0, %r1, 0;")).isFalse();
  }

  private static boolean moves(String instruction) {
    Instruction in = parse(instruction);
    return new BitRules(in, sources(in), true).moves();
  }

  private static String results(Instruction in, String given, long noise) {
    List<Computed.Source> sources = sources(in);
    long[] value = new long[sources.size()];
    long[] without = new long[sources.size()];
    List<String> pairs = new ArrayList<>(Arrays.asList(given.trim().split(" +")));
    for (int i = 0; i < value.length; i++) {
      Computed.Source source = sources.get(i);
      if (source.register() == null) {
        value[i] = source.value();
        continue;
      }
      String[] pair = pairs.remove(0).split("/");
      without[i] = Long.parseUnsignedLong(pair[1], 16);
      long known = Long.parseUnsignedLong(pair[0], 16) & ~without[i] | noise & without[i];
      value[i] = source.complement() ? known ^ 1 : known;
    }
    assertThat(pairs).as("sources left over").isEmpty();
    List<Register> results = registers(in.operands().get(0));
    BitRules rules = new BitRules(in, sources, true);
    List<String> found = new ArrayList<>();
    for (int i = 0; i < results.size(); i++) {
      Register result = results.get(i);
      long bits = rules.of(i, results.size(), result).of(value, without);
      found.add(Long.toHexString(bits & NumberedRegisters.bits(result)));
    }
    return String.join(" ", found);
  }

  private static Instruction parse(String instruction) {
    return PtxParser.parse(KERNEL.replace("@", instruction))
        .kernels()
        .get(0)
        .body()
        .instructions()
        .get(0);
  }

  private static List<Register> registers(Operand operand) {
    return switch (operand) {
      case Operand.Vector(List<Operand> elements) ->
          elements.stream().flatMap(e -> registers(e).stream()).toList();
      case Operand.Pair(Operand first, Operand second) ->
          List.of(registers(first).get(0), registers(second).get(0));
      case Operand.Reg(Register register) -> List.of(register);
      default -> throw new AssertionError(operand);
    };
  }

  private static List<Computed.Source> sources(Instruction in) {
    List<Computed.Source> sources = new ArrayList<>();
    in.operands().stream().skip(1).forEach(operand -> add(operand, sources));
    return sources;
  }

  private static void add(Operand operand, List<Computed.Source> to) {
    switch (operand) {
      case Operand.Vector(List<Operand> elements) -> elements.forEach(e -> add(e, to));
      case Operand.IntLiteral(long value) -> to.add(new Computed.Source(null, -1, value, false));
      default ->
          to.add(
              new Computed.Source(
                  NumberedRegisters.register(operand), 0, 0, operand instanceof Operand.Not));
    }
  }
}
