package dev.lockstep.simulator.random;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/**
 * Draws instructions with their meaning for one thread, written from the PTX ISA with nothing but
 * Java's own arithmetic.
 */
final class Instructions {
  private final Random random;
  private final List<BiFunction<Integer, int[], Drawn>> kinds = new ArrayList<>();

  /** PTX and effect, before a guard. */
  record Drawn(String ptx, Consumer<ThreadState> effect) {}

  private interface Ints {
    int of(int a, int b);
  }

  private interface Longs {
    long of(long a, long b);
  }

  private interface Floats {
    float of(float a, float b);
  }

  private interface IntTest {
    boolean of(int a, int b);
  }

  private interface FloatTest {
    boolean of(float a, float b);
  }

  Instructions(Random random) {
    this.random = random;
    integers();
    longs();
    floats();
    predicates();
    conversions();
  }

  Drawn draw() {
    int d = random.nextInt(ThreadState.COUNT);
    int[] sources = random.ints(3, 0, ThreadState.COUNT).toArray();
    return kinds.get(random.nextInt(kinds.size())).apply(d, sources);
  }

  private void integers() {
    ints("add.s32", (a, b) -> a + b);
    ints("sub.u32", (a, b) -> a - b);
    ints("mul.lo.s32", (a, b) -> a * b);
    ints("mul.hi.u32", (a, b) -> (int) ((a & 0xffffffffL) * (b & 0xffffffffL) >>> 32));
    ints("and.b32", (a, b) -> a & b);
    ints("or.b32", (a, b) -> a | b);
    ints("xor.b32", (a, b) -> a ^ b);
    ints("min.s32", Math::min);
    ints("max.u32", (a, b) -> Integer.compareUnsigned(a, b) > 0 ? a : b);
    ints("shl.b32", (a, b) -> b >= 0 && b < 32 ? a << b : 0);
    ints("shr.u32", (a, b) -> b >= 0 && b < 32 ? a >>> b : 0);
    ints("shr.s32", (a, b) -> b >= 0 && b < 32 ? a >> b : a >> 31);
    ints("add.sat.s32", (a, b) -> (int) Math.clamp((long) a + b, (int) -0x80000000, 0x7fffffff));
    intsAndConstant("shl.b32", 33, (a, b) -> b < 32 ? a << b : 0);
    intsAndConstant("shr.s32", 33, (a, b) -> a >> Math.min(b, 31));
    intsAndConstant("and.b32", 1 << 20, (a, b) -> a & b);
    intsAndConstant("add.s32", 1 << 20, Integer::sum);
    kinds.add((d, s) -> ints1(d, s, "popc.b32", Integer::bitCount));
    kinds.add((d, s) -> ints1(d, s, "clz.b32", Integer::numberOfLeadingZeros));
    kinds.add((d, s) -> ints1(d, s, "brev.b32", Integer::reverse));
    kinds.add((d, s) -> ints1(d, s, "not.b32", a -> ~a));
    kinds.add((d, s) -> ints1(d, s, "neg.s32", a -> -a));
    kinds.add((d, s) -> ints1(d, s, "mov.u32", a -> a));
    kinds.add(
        (d, s) ->
            new Drawn(
                "mad.lo.s32 %r" + d + ", %r" + s[0] + ", %r" + s[1] + ", %r" + s[2],
                t -> t.r[d] = t.r[s[0]] * t.r[s[1]] + t.r[s[2]]));
    kinds.add(
        (d, s) ->
            new Drawn(
                "lop3.b32 %r" + d + ", %r" + s[0] + ", %r" + s[1] + ", %r" + s[2] + ", 0x96",
                t -> t.r[d] = t.r[s[0]] ^ t.r[s[1]] ^ t.r[s[2]]));
  }

  private void longs() {
    longs("add.s64", (a, b) -> a + b);
    longs("sub.s64", (a, b) -> a - b);
    longs("mul.lo.u64", (a, b) -> a * b);
    longs("xor.b64", (a, b) -> a ^ b);
    longs("max.s64", Math::max);
    longs("min.u64", (a, b) -> Long.compareUnsigned(a, b) < 0 ? a : b);
    kinds.add(
        (d, s) ->
            new Drawn(
                "shr.u64 %l" + d + ", %l" + s[0] + ", %r" + s[1],
                t -> t.l[d] = t.r[s[1]] >= 0 && t.r[s[1]] < 64 ? t.l[s[0]] >>> t.r[s[1]] : 0));
    kinds.add(
        (d, s) ->
            new Drawn(
                "mul.wide.s32 %l" + d + ", %r" + s[0] + ", %r" + s[1],
                t -> t.l[d] = (long) t.r[s[0]] * t.r[s[1]]));
    kinds.add(
        (d, s) ->
            new Drawn(
                "mov.b64 %l" + d + ", {%r" + s[0] + ", %r" + s[1] + "}",
                t -> t.l[d] = (t.r[s[0]] & 0xffffffffL) | (long) t.r[s[1]] << 32));
    kinds.add(
        (d, s) -> {
          int high = (d + 1) % ThreadState.COUNT;
          return new Drawn(
              "mov.b64 {%r" + d + ", %r" + high + "}, %l" + s[0],
              t -> {
                long whole = t.l[s[0]];
                t.r[d] = (int) whole;
                t.r[high] = (int) (whole >>> 32);
              });
        });
  }

  private void floats() {
    floats("add.f32", Float::sum);
    floats("sub.rn.f32", (a, b) -> a - b);
    floats("mul.f32", (a, b) -> a * b);
    floats("div.rn.f32", (a, b) -> a / b);
    floats("min.f32", Instructions::smaller);
    floats("max.f32", (a, b) -> -smaller(-a, -b));
    floats("add.ftz.f32", (a, b) -> flush(flush(a) + flush(b)));
    floats("mul.sat.f32", (a, b) -> saturate(a * b));
    kinds.add(
        (d, s) ->
            new Drawn(
                "fma.rn.f32 %f" + d + ", %f" + s[0] + ", %f" + s[1] + ", %f" + s[2],
                t -> t.single(d, Math.fma(t.f[s[0]], t.f[s[1]], t.f[s[2]]))));
    kinds.add(
        (d, s) ->
            new Drawn(
                "neg.f32 %f" + d + ", %f" + s[0],
                t -> t.f[d] = Float.intBitsToFloat(Float.floatToRawIntBits(t.f[s[0]]) ^ 1 << 31)));
    kinds.add(
        (d, s) ->
            new Drawn(
                "abs.f32 %f" + d + ", %f" + s[0],
                t -> t.f[d] = Float.intBitsToFloat(Float.floatToRawIntBits(t.f[s[0]]) << 1 >>> 1)));
    kinds.add((d, s) -> new Drawn("mov.f32 %f" + d + ", %f" + s[0], t -> t.f[d] = t.f[s[0]]));
    kinds.add(
        (d, s) -> {
          float constant = random.nextInt(16) - 7.5f;
          String bits = "0f%08X".formatted(Float.floatToRawIntBits(constant));
          return new Drawn(
              "add.f32 %f" + d + ", %f" + s[0] + ", " + bits,
              t -> t.single(d, t.f[s[0]] + constant));
        });
    kinds.add(
        (d, s) ->
            new Drawn(
                "fma.rn.f64 %d" + d + ", %d" + s[0] + ", %d" + s[1] + ", %d" + s[2],
                t -> t.d[d] = Math.fma(t.d[s[0]], t.d[s[1]], t.d[s[2]])));
    kinds.add(
        (d, s) ->
            new Drawn(
                "add.f64 %d" + d + ", %d" + s[0] + ", %d" + s[1],
                t -> t.d[d] = t.d[s[0]] + t.d[s[1]]));
  }

  private void predicates() {
    intTest("setp.lt.s32", (a, b) -> a < b);
    intTest("setp.ge.u32", (a, b) -> Integer.compareUnsigned(a, b) >= 0);
    intTest("setp.eq.s32", (a, b) -> a == b);
    intTest("setp.ne.u32", (a, b) -> a != b);
    floatTest("setp.lt.f32", (a, b) -> a < b);
    floatTest("setp.ge.f32", (a, b) -> a >= b);
    floatTest("setp.eq.f32", (a, b) -> a == b);
    floatTest("setp.gtu.f32", (a, b) -> !(a <= b));
    floatTest("setp.neu.f32", (a, b) -> !(a == b));
    kinds.add(
        (d, s) -> {
          int p = predicate(d);
          int q = predicate(s[2]);
          return new Drawn(
              "setp.gt.and.s32 %p" + p + ", %r" + s[0] + ", %r" + s[1] + ", !%p" + q,
              t -> t.p[p] = t.r[s[0]] > t.r[s[1]] && !t.p[q]);
        });
    kinds.add(
        (d, s) -> {
          int p = predicate(d);
          int a = predicate(s[0]);
          int b = predicate(s[1]);
          return new Drawn(
              "xor.pred %p" + p + ", %p" + a + ", %p" + b, t -> t.p[p] = t.p[a] ^ t.p[b]);
        });
    kinds.add(
        (d, s) -> {
          int p = predicate(s[2]);
          return new Drawn(
              "selp.f32 %f" + d + ", %f" + s[0] + ", %f" + s[1] + ", %p" + p,
              t -> t.f[d] = t.p[p] ? t.f[s[0]] : t.f[s[1]]);
        });
    kinds.add(
        (d, s) -> {
          int p = predicate(s[2]);
          return new Drawn(
              "selp.b64 %l" + d + ", %l" + s[0] + ", %l" + s[1] + ", %p" + p,
              t -> t.l[d] = t.p[p] ? t.l[s[0]] : t.l[s[1]]);
        });
  }

  private void conversions() {
    kinds.add(
        (d, s) ->
            new Drawn("cvt.rn.f32.s32 %f" + d + ", %r" + s[0], t -> t.f[d] = (float) t.r[s[0]]));
    kinds.add(
        (d, s) ->
            new Drawn("cvt.rzi.s32.f32 %r" + d + ", %f" + s[0], t -> t.r[d] = (int) t.f[s[0]]));
    kinds.add(
        (d, s) ->
            new Drawn("cvt.u64.u32 %l" + d + ", %r" + s[0], t -> t.l[d] = t.r[s[0]] & 0xffffffffL));
    kinds.add((d, s) -> new Drawn("cvt.s64.s32 %l" + d + ", %r" + s[0], t -> t.l[d] = t.r[s[0]]));
    kinds.add(
        (d, s) -> new Drawn("cvt.u32.u64 %r" + d + ", %l" + s[0], t -> t.r[d] = (int) t.l[s[0]]));
    kinds.add(
        (d, s) ->
            new Drawn(
                "mov.b32 %r" + d + ", %f" + s[0],
                t -> t.r[d] = Float.floatToRawIntBits(t.f[s[0]])));
    kinds.add(
        (d, s) ->
            new Drawn(
                "mov.b32 %f" + d + ", %r" + s[0], t -> t.f[d] = Float.intBitsToFloat(t.r[s[0]])));
    kinds.add(
        (d, s) -> new Drawn("cvt.rn.f64.s32 %d" + d + ", %r" + s[0], t -> t.d[d] = t.r[s[0]]));
  }

  private void ints(String opcode, Ints function) {
    kinds.add(
        (d, s) ->
            new Drawn(
                opcode + " %r" + d + ", %r" + s[0] + ", %r" + s[1],
                t -> t.r[d] = function.of(t.r[s[0]], t.r[s[1]])));
  }

  private void intsAndConstant(String opcode, int bound, Ints function) {
    kinds.add(
        (d, s) -> {
          int constant = random.nextInt(bound);
          return new Drawn(
              opcode + " %r" + d + ", %r" + s[0] + ", " + constant,
              t -> t.r[d] = function.of(t.r[s[0]], constant));
        });
  }

  private static Drawn ints1(
      int d, int[] s, String opcode, java.util.function.IntUnaryOperator function) {
    return new Drawn(
        opcode + " %r" + d + ", %r" + s[0], t -> t.r[d] = function.applyAsInt(t.r[s[0]]));
  }

  private void longs(String opcode, Longs function) {
    kinds.add(
        (d, s) ->
            new Drawn(
                opcode + " %l" + d + ", %l" + s[0] + ", %l" + s[1],
                t -> t.l[d] = function.of(t.l[s[0]], t.l[s[1]])));
  }

  private void floats(String opcode, Floats function) {
    kinds.add(
        (d, s) ->
            new Drawn(
                opcode + " %f" + d + ", %f" + s[0] + ", %f" + s[1],
                t -> t.single(d, function.of(t.f[s[0]], t.f[s[1]]))));
  }

  private void intTest(String opcode, IntTest test) {
    kinds.add(
        (d, s) ->
            new Drawn(
                opcode + " %p" + predicate(d) + ", %r" + s[0] + ", %r" + s[1],
                t -> t.p[predicate(d)] = test.of(t.r[s[0]], t.r[s[1]])));
  }

  private void floatTest(String opcode, FloatTest test) {
    kinds.add(
        (d, s) ->
            new Drawn(
                opcode + " %p" + predicate(d) + ", %f" + s[0] + ", %f" + s[1],
                t -> t.p[predicate(d)] = test.of(t.f[s[0]], t.f[s[1]])));
  }

  private static int predicate(int register) {
    return register % ThreadState.PREDICATES;
  }

  /** The number where one operand is NaN; −0 below +0. */
  private static float smaller(float a, float b) {
    if (Float.isNaN(a) || Float.isNaN(b)) {
      return Float.isNaN(a) ? b : a;
    }
    return Math.min(a, b);
  }

  private static float flush(float a) {
    return Math.abs(a) < Float.MIN_NORMAL ? Math.copySign(0f, a) : a;
  }

  private static float saturate(float a) {
    return a > 0 ? Math.min(a, 1) : 0;
  }
}
