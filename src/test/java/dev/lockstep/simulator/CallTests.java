package dev.lockstep.simulator;

import static dev.lockstep.simulator.Functions.call;
import static dev.lockstep.simulator.Functions.callAndStore;
import static dev.lockstep.simulator.Functions.expected;
import static dev.lockstep.simulator.Functions.simple;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.DeviceFault;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Functions: what they take and return, and where their lanes meet again. */
class CallTests {
  private final Lab lab = new Lab();

  @AfterEach
  void close() {
    lab.close();
  }

  @Test
  void argumentsAndResultsOfEverySize() {
    int[] out =
        lab.declare(
                ".func (.param .align 8 .b8 s[16]) f(.param .b8 a, .param .b64 b, .param .align 8"
                    + " .b8 c[12], .param .f64 d) { .reg .b32 %x<9>; .reg .b64 %y<9>; .reg .f64 %z;"
                    + " ld.param.s8 %x1, [a]; ld.param.b64 %y1, [b]; ld.param.v2.b32 {%x2, %x3},"
                    + " [c]; ld.param.b32 %x4, [c+8]; ld.param.f64 %z, [d]; cvt.rzi.s32.f64 %x5,"
                    + " %z; add.s32 %x1, %x1, %x2; add.s32 %x3, %x3, %x4; cvt.s64.s32 %y2, %x1;"
                    + " add.s64 %y1, %y1, %y2; st.param.b64 [s], %y1; st.param.b32 [s+8], %x3;"
                    + " st.param.b32 [s+12], %x5; ret; }")
            .run(
                40,
                """
                { .param .b8 a; .param .b64 b; .param .align 8 .b8 c[12]; .param .align 8 .b8 s[16];
                neg.s32 %r1, %t; st.param.b8 [a], %r1;
                mul.wide.u32 %rd1, %t, 0x10000000; st.param.b64 [b], %rd1;
                st.param.b32 [c], 7; st.param.b32 [c+4], %t; st.param.b32 [c+8], 5;
                cvt.rn.f64.s32 %fd1, %t;
                call (s), f, (a, b, c, %fd1);
                ld.param.b64 %rd2, [s]; ld.param.v2.b32 {%r2, %r3}, [s+8]; }
                shr.u64 %rd2, %rd2, 4; cvt.u32.u64 %r4, %rd2; add.s32 %r2, %r2, %r3;
                add.s32 %r2, %r2, %r4; st.global.u32 [%mine], %r2;
                """);
    assertThat(out)
        .isEqualTo(expected(40, t -> (t + 5) + t + (int) ((((long) t << 28) + (7 - t)) >> 4)));
  }

  /** Compilers hand structures on whole, padding that nobody ever wrote included. */
  @ParameterizedTest
  @CsvSource({"'', true", "'cvt.u32.u16 %x, %b; add.u32 %a, %a, %x;', false"})
  void paddingMayBeHandedOnButNotUsed(String more, boolean right) {
    String function =
        ".func (.param .align 4 .b8 s[8]) f(.param .b32 n) { .local .align 4 .b8 l[8];"
            + " .reg .b32 %a, %x; .reg .b16 %b, %c, %d, %never; ld.param.b32 %a, [n];"
            + " st.local.u32 [l], %a; cvt.u16.u32 %d, %a; st.local.u8 [l+4], %d;"
            + " ld.local.u32 %a, [l]; ld.local.u8 %c, [l+4]; ld.local.u8 %b, [l+7]; "
            + more
            + " st.param.b32 [s], %a; st.param.v4.b8 [s+4], {%c, %never, %never, %b}; ret; }";
    String body =
        "{ .param .b32 a; .param .align 4 .b8 r[8]; st.param.b32 [a], %t; call (r), f, (a);"
            + " ld.param.b32 %r1, [r]; ld.param.u8 %r2, [r+4]; } mad.lo.u32 %r1, %r2, 100, %r1;"
            + " st.global.u32 [%mine], %r1;";
    lab.declare(function);
    if (right) {
      assertThat(lab.run(32, body)).isEqualTo(expected(32, t -> 101 * t));
    } else {
      assertThatThrownBy(() -> lab.run(32, body))
          .isInstanceOf(DeviceFault.UninitializedRead.class)
          .hasMessageContaining("of local memory; nobody has written there");
    }
  }

  @Test
  void parametersInRegisters() {
    int[] out =
        lab.declare(
                ".func (.reg .b32 r, .reg .pred q) f(.reg .b32 a, .reg .f32 b, .reg .pred p)"
                    + " { .reg .b32 %x; cvt.rzi.s32.f32 %x, b; @p add.s32 %x, %x, 100;"
                    + " sub.s32 r, a, %x; setp.gt.s32 q, r, 0; ret.uni; }")
            .run(
                32,
                """
                setp.lt.u32 %p1, %t, 10;
                mov.f32 %f1, 0f40400000;
                call (%r1, %p2), f, (%t, %f1, %p1);
                selp.b32 %r2, 1000, 0, %p2;
                add.s32 %r1, %r1, %r2;
                st.global.u32 [%mine], %r1;
                """);
    assertThat(out)
        .isEqualTo(
            expected(
                32,
                t -> {
                  int r = t - 3 - (t < 10 ? 100 : 0);
                  return r + (r > 0 ? 1000 : 0);
                }));
  }

  /** Names of registers, the usual ones, are no others than those of variables. */
  @Test
  void parametersWhoseNamesBeginAsRegistersDo() {
    int[] out =
        lab.declare(
                ".func (.param .b32 %out) f(.param .b32 %a0) { .reg .b32 %x; .local .b32 %slot[2];"
                    + " ld.param.u32 %x, [%a0]; st.local.u32 [%slot+4], %x; ld.local.u32 %x,"
                    + " [%slot+4]; add.s32 %x, %x, 7; st.param.b32 [%out], %x; ret; }")
            .run(
                32,
                """
                { .param .b32 %value; .param .b32 %a1; st.param.b32 [%a1], %t;
                call (%value), f, (%a1); ld.param.b32 %r1, [%value]; }
                st.global.u32 [%mine], %r1;
                """);
    assertThat(out).isEqualTo(expected(32, t -> t + 7));
  }

  @Test
  void lanesMeetRightBehindTheCall() {
    // Each lane loops as often in the function as its number says.
    int[] out =
        lab.declare(
                ".func (.param .b32 r) f(.param .b32 n) { .reg .b32 %x<3>; .reg .pred %q;"
                    + " ld.param.b32 %x1, [n]; mov.u32 %x2, 0; L: setp.eq.s32 %q, %x1, 0; @%q ret;"
                    + " sub.s32 %x1, %x1, 1; add.s32 %x2, %x2, 3; st.param.b32 [r], %x2; bra L; }")
            .run(
                32,
                "add.s32 %r1, %t, 1;"
                    + call(1, "f", 2)
                    + "activemask.b32 %r3; popc.b32 %r3, %r3;"
                    + "mad.lo.s32 %r2, %r2, 64, %r3; st.global.u32 [%mine], %r2;");
    assertThat(out).isEqualTo(expected(32, t -> 3 * (t + 1) * 64 + 32));
  }

  @Test
  void theAddressOfAParameterIsLocal() {
    int[] out =
        lab.declare(
                ".func (.param .b32 r) f(.param .align 4 .b8 s[16]) { .reg .b64 %a<3>; .reg .b32"
                    + " %x; mov.b64 %a1, s; ld.local.b32 %x, [%a1+12]; st.param.b32 [r], %x; ret;"
                    + " }")
            .run(
                32,
                """
                { .param .align 4 .b8 s[16]; .param .b32 r; st.param.b32 [s+12], %t;
                call (r), f, (s); ld.param.b32 %r1, [r]; } st.global.u32 [%mine], %r1;
                """);
    assertThat(out).isEqualTo(expected(32, t -> t));
  }

  @Test
  void exitAndBarriersInsideFunctions() {
    int[] out =
        lab.declare(
                ".shared .b32 s[64]; .func f(.param .b32 n) { .reg .b32 %x<4>; .reg .pred %q;"
                    + " .shared .b32 own[64]; ld.param.b32 %x1, [n]; setp.gt.u32 %q, %x1, 49; @%q"
                    + " exit; mov.u32 %x2, own; shl.b32 %x3, %x1, 2; add.s32 %x2, %x2, %x3;"
                    + " st.shared.b32 [%x2], %x1; bar.sync 0; ret; }"
                    + ".func (.param .b32 r) g(.param .b32 n) { .reg .b32 %x<4>; ld.param.b32 %x1,"
                    + " [n]; shfl.sync.bfly.b32 %x2, %x1, 1, 31, -1; st.param.b32 [r], %x2; ret; }")
            .run(
                64,
                "{ .param .b32 a; st.param.b32 [a], %t; call f, (a); }"
                    + "bar.sync 0;"
                    + callAndStore("mov.u32 %r1, %t;", "g"));
    assertThat(out).isEqualTo(expected(64, t -> t > 49 ? Lab.UNTOUCHED : t ^ 1));
  }

  @Test
  void guardedCalls() {
    int[] out =
        lab.declare(".func (.reg .b32 r) f(.reg .b32 a) { add.s32 r, a, 100; ret; }")
            .run(
                32,
                """
                mov.u32 %r1, %t; setp.lt.u32 %p1, %t, 9;
                @!%p1 call (%r1), f, (%r1);
                st.global.u32 [%mine], %r1;
                """);
    assertThat(out).isEqualTo(expected(32, t -> t < 9 ? t : t + 100));
  }

  @Test
  void aliasesAreTheFunctions() {
    int[] out =
        lab.declare(simple("f", "add.s32 %x, %x, 1;") + ".alias other, f;")
            .run(32, callAndStore("mov.u32 %r1, %t;", "other"));
    assertThat(out).isEqualTo(expected(32, t -> t + 1));
  }
}
