package dev.lockstep.simulator;

import static dev.lockstep.simulator.Functions.expected;
import static dev.lockstep.simulator.Functions.simple;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.DeviceFault;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls and branches through pointers and tables: where they lead, and what leads nowhere. */
class IndirectCallTests {
  private final Lab lab = new Lab();

  @AfterEach
  void close() {
    lab.close();
  }

  @Test
  void pointersToFunctions() {
    String type =
        "{ .param .b32 a; .param .b32 r; st.param.b32 [a], %t; P: .callprototype (.param .b32 _) _"
            + " (.param .b32 _); call (r), %rd1, (a), P; ld.param.b32 %r1, [r]; }";
    int[] out =
        lab.declare(
                simple("f", "add.s32 %x, %x, 1;")
                    + simple("g", "mul.lo.s32 %x, %x, %x;")
                    + simple("h", "neg.s32 %x, %x;")
                    + ".global .u64 table[2] = {f, g};")
            .run(
                32,
                """
                rem.u32 %r2, %t, 3; mul.wide.u32 %rd1, %r2, 8; mov.u64 %rd2, table;
                add.s64 %rd1, %rd1, %rd2; setp.eq.s32 %p1, %r2, 2;
                @!%p1 ld.global.u64 %rd1, [%rd1];
                @%p1 mov.u64 %rd1, h;
                """
                    + type
                    + "activemask.b32 %r3; popc.b32 %r3, %r3;"
                    + "mad.lo.s32 %r1, %r1, 64, %r3; st.global.u32 [%mine], %r1;");
    assertThat(out)
        .isEqualTo(expected(32, t -> (t % 3 == 0 ? t + 1 : t % 3 == 1 ? t * t : -t) * 64 + 32));
  }

  /** The loop comes back to where the parameters were fetched; one path returns at the end. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "P: .callprototype (.reg .u32 _) _ (.reg .v2 .u32 _, .reg .f32 _);",
        "P: .calltargets f, g;"
      })
  void pointersToFunctionsThatTakeRegisters(String type) {
    int[] out =
        lab.declare(
                ".func (.reg .u32 r) f(.reg .v2 .u32 a, .reg .f32 b) { cvt.rzi.u32.f32 r, b;"
                    + " mad.lo.u32 r, a.x, 100, r; add.u32 r, r, a.y; ret; }"
                    + ".func (.reg .u32 r) g(.reg .v2 .u32 a, .reg .f32 b) { .reg .pred p, q; L:"
                    + " add.u32 a.x, a.x, 2; setp.lt.u32 p, a.x, 20; @p bra L; mov.u32 r, a.x;"
                    + " setp.eq.u32 q, a.x, 21; @q ret; add.u32 r, r, 1000; }"
                    + ".global .u64 table[2] = {f, g};")
            .run(
                32,
                """
                .reg .v2 .u32 v; mov.v2.u32 v, {%t, 7}; and.b32 %r2, %t, 1;
                mul.wide.u32 %rd1, %r2, 8; mov.u64 %rd2, table; add.s64 %rd1, %rd1, %rd2;
                ld.global.u64 %rd1, [%rd1];
                """
                    + type
                    + "call (%r1), %rd1, (v, 0f41100000), P; mov.v2.u32 v, {%r1, 1};"
                    + "call (%r1), f, (v, 0f40000000); st.global.u32 [%mine], %r1;");
    assertThat(out)
        .isEqualTo(
            expected(
                32,
                t -> {
                  int g = t < 20 ? 21 : 1000 + t + 2;
                  return (t % 2 == 0 ? 100 * t + 16 : g) * 100 + 3;
                }));
  }

  @ParameterizedTest
  @CsvSource({"0, true", "12345, true", "0x50000000008, true", "0x50000000010, false"})
  void pointersToNoFunction(String pointer, boolean othersThere) {
    if (othersThere) {
      lab.declare(simple("f", "add.s32 %x, %x, 1;") + ".global .u64 table[1] = {f};");
    }
    assertThatThrownBy(
            () ->
                lab.run(
                    32,
                    "mov.u64 %rd1, "
                        + pointer
                        + ";"
                        + "{ .param .b32 a; .param .b32 r; st.param.b32 [a], %t; P: .callprototype"
                        + " (.param .b32 _) _ (.param .b32 _); call (r), %rd1, (a), P; }"))
        .isInstanceOf(DeviceFault.IllegalAddress.class)
        .hasMessageContaining("indirect call; no function of this type there");
  }

  /** A kernel has an address, which differs from those of functions; it cannot be called. */
  @ParameterizedTest
  @CsvSource({"'', 0", ".func f() { ret; }, 0", "'', k", ".func f() { ret; }, k"})
  void neitherNothingNorAKernelIsCalled(String functions, String pointer) {
    lab.declare(functions);
    assertThatThrownBy(
            () ->
                lab.run(
                    32, "mov.u64 %rd1, " + pointer + "; P: .callprototype _ (); call %rd1, (), P;"))
        .isInstanceOf(DeviceFault.IllegalAddress.class)
        .hasMessageContaining("indirect call");
    int[] same =
        lab.run(
            1,
            "mov.u64 %rd1, k; mov.u64 %rd2, "
                + (functions.isEmpty() ? "0" : "f")
                + "; setp.eq.u64 %p1, %rd1, %rd2; selp.u32 %r1, 1, 0, %p1;"
                + " st.global.u32 [%mine], %r1;");
    assertThat(same).containsExactly(0);
  }

  @Test
  void aPointerToAFunctionOfAnotherTypeIsNotCalled() {
    lab.declare(
        simple("f", "add.s32 %x, %x, 1;")
            + ".func g(.param .b64 p) { ret; } .global .u64 table[2] = {f, g};");
    assertThatThrownBy(
            () ->
                lab.run(
                    32,
                    "ld.global.u64 %rd1, [table+8];"
                        + "{ .param .b32 a; .param .b32 r; st.param.b32 [a], %t; P: .callprototype"
                        + " (.param .b32 _) _ (.param .b32 _); call (r), %rd1, (a), P; }"))
        .isInstanceOf(DeviceFault.IllegalAddress.class);
  }

  @Test
  void indexedBranches() {
    int[] out =
        lab.run(
            32,
            """
            and.b32 %r1, %t, 3;
            T: .branchtargets A, B, C, A;
            mov.u32 %r2, 0;
            brx.idx %r1, T;
            B: add.s32 %r2, %r2, 10; bra J;
            A: add.s32 %r2, %r2, 1;
            J: activemask.b32 %r3; popc.b32 %r3, %r3; bra E;
            C: add.s32 %r2, %r2, 100; bra J;
            E: mad.lo.s32 %r2, %r2, 64, %r3; st.global.u32 [%mine], %r2;
            """);
    assertThat(out)
        .isEqualTo(expected(32, t -> ((t & 3) == 1 ? 10 : (t & 3) == 2 ? 100 : 1) * 64 + 32));
  }

  @Test
  void anIndexBeyondTheTargetsIsAFault() {
    assertThatThrownBy(() -> lab.run(32, "T: .branchtargets A; brx.idx %t, T; A: ret;"))
        .isInstanceOf(DeviceFault.Trap.class)
        .hasMessageContaining("an indexed branch by 1 in a list of 1 targets");
  }
}
