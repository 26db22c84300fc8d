package dev.lockstep.simulator;

import static dev.lockstep.simulator.Functions.call;
import static dev.lockstep.simulator.Functions.callAndStore;
import static dev.lockstep.simulator.Functions.expected;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Schedule;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Functions that call functions, and themselves: whose registers, frames and stack are whose. */
class NestedCallTests {
  private final Lab lab = new Lab();

  @AfterEach
  void close() {
    lab.close();
  }

  @Test
  void recursionKeepsTheCallersRegisters() {
    int[] out = lab.declare(FIBONACCI).run(32, callAndStore("and.b32 %r1, %t, 15;", "fib"));
    assertThat(out).isEqualTo(expected(32, t -> fibonacci(t & 15)));
  }

  @Test
  void recursionThroughParametersInRegisters() {
    // Ackermann's function swaps and changes its own parameters while it passes them.
    int[] out =
        lab.declare(
                ".func (.reg .b32 r) ack(.reg .b32 m, .reg .b32 n) { .reg .b32 %x<4>; .reg .pred"
                    + " %q; setp.ne.s32 %q, m, 0; @%q bra M; add.s32 r, n, 1; ret; M: sub.s32 %x1,"
                    + " m, 1; setp.ne.s32 %q, n, 0; @%q bra N; call (r), ack, (%x1, 1); ret; N:"
                    + " sub.s32 %x2, n, 1; call (%x3), ack, (m, %x2); call (r), ack, (%x1, %x3);"
                    + " ret; }")
            .run(
                12,
                """
                shr.u32 %r1, %t, 2; and.b32 %r2, %t, 3;
                call (%r3), ack, (%r1, %r2);
                st.global.u32 [%mine], %r3;
                """);
    assertThat(out).isEqualTo(expected(12, t -> ackermann(t >> 2, t & 3)));
  }

  @Test
  void functionsThatCallEachOther() {
    String other =
        ".func (.param .b32 r) %s(.param .b32 n) { .reg .b32 %%r<4>; .reg .pred %%q; ld.param.u32"
            + " %%r1, [n]; setp.eq.s32 %%q, %%r1, 0; mov.u32 %%r2, %d; @%%q bra END; sub.s32 %%r3,"
            + " %%r1, 1; %s END: st.param.b32 [r], %%r2; ret; }";
    String declared = ".func (.param .b32 r) odd(.param .b32 n);";
    int[] out =
        lab.declare(
                declared
                    + other.formatted("even", 1, call(3, "odd", 2)).replace("\n", " ")
                    + other.formatted("odd", 0, call(3, "even", 2)).replace("\n", " "))
            .run(33, callAndStore("mov.u32 %r1, %t;", "even"));
    assertThat(out).isEqualTo(expected(33, t -> 1 - (t & 1)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"in-order", "random:3", "random:99"})
  void lanesThatReturnAtDifferentTimesMeetAgain(String schedule) {
    DeviceOptions options = DeviceOptions.defaults().withSchedule(Schedule.parse(schedule));
    try (Lab own = new Lab(options)) {
      int[] out =
          own.declare(FIBONACCI)
              .run(
                  32,
                  "and.b32 %r1, %t, 7;"
                      + call(1, "fib", 2)
                      + "bar.warp.sync -1; activemask.b32 %r3; popc.b32 %r3, %r3;"
                      + "mad.lo.s32 %r2, %r2, 64, %r3; st.global.u32 [%mine], %r2;");
      assertThat(out).isEqualTo(expected(32, t -> fibonacci(t & 7) * 64 + 32));
    }
  }

  @Test
  void callsOnBothSidesOfABranch() {
    int[] out =
        lab.declare(FIBONACCI)
            .run(
                32,
                "and.b32 %r1, %t, 3; setp.lt.u32 %p1, %t, 11; @%p1 bra A;"
                    + call(1, "fib", 2)
                    + "neg.s32 %r2, %r2; bra J; A: add.s32 %r1, %r1, 5;"
                    + call(1, "fib", 2)
                    + "J: activemask.b32 %r3; popc.b32 %r3, %r3;"
                    + "mad.lo.s32 %r2, %r2, 64, %r3; st.global.u32 [%mine], %r2;");
    assertThat(out)
        .isEqualTo(
            expected(32, t -> (t < 11 ? fibonacci((t & 3) + 5) : -fibonacci(t & 3)) * 64 + 32));
  }

  @Test
  void framesOfNestedCallsAreTheirOwn() {
    // sum(n): an array in local memory, filled, then the call, then read again.
    int[] out =
        lab.declare(
                ".func (.param .b32 r) sum(.param .b32 n) { .reg .b32 %r<9>; .reg .b64 %a<4>; .reg"
                    + " .pred %q; .local .align 8 .b32 l[4]; ld.param.b32 %r1, [n]; mov.u64 %a1, l;"
                    + " st.local.b32 [l+4], %r1; st.local.b32 [%a1+8], %r1; cvta.local.u64 %a2,"
                    + " %a1; mov.u32 %r2, 0; setp.eq.s32 %q, %r1, 0; @%q bra E; sub.s32 %r3, %r1,"
                    + " 1; "
                    + call(3, "sum", 2).replace("\n", " ")
                    + " E: ld.b32 %r4, [%a2+4]; ld.local.b32 %r5, [l+8]; add.s32 %r2, %r2, %r4;"
                    + " add.s32 %r2, %r2, %r5; st.param.b32 [r], %r2; ret; }")
            .run(
                32,
                ".local .b32 own[8]; st.local.b32 [own+28], %t;"
                    + callAndStore("and.b32 %r1, %t, 15;", "sum")
                        .replace(
                            "st.global",
                            "ld.local.b32 %r9, [own+28]; sub.s32 %r9, %r9, %t; add.s32 %r2, %r2,"
                                + " %r9; st.global"));
    assertThat(out).isEqualTo(expected(32, t -> (t & 15) * ((t & 15) + 1)));
  }

  @Test
  void memoryFromTheStack() {
    int[] out =
        lab.declare(
                ".func (.param .b32 r) f(.param .b32 n) { .reg .b64 %a<5>; .reg .b32 %x<4>; .reg"
                    + " .pred %q; ld.param.b32 %x1, [n]; stacksave.u64 %a3; mul.wide.u32 %a1, %x1,"
                    + " 4; alloca.u64 %a2, %a1; cvta.to.local.u64 %a4, %a2; st.local.b32 [%a2],"
                    + " %x1; setp.eq.s32 %q, %x1, 1; mov.u32 %x2, 0; @%q bra E; sub.s32 %x3, %x1,"
                    + " 1;"
                    + call(3, "f", 2).replace("%r", "%x").replace("\n", " ")
                    + " E: ld.local.b32 %x1, [%a2]; stackrestore.u64 %a3; add.s32 %x2, %x2, %x1;"
                    + " st.param.b32 [r], %x2; ret; }")
            .run(32, callAndStore("and.b32 %r1, %t, 7; add.s32 %r1, %r1, 1;", "f"));
    assertThat(out)
        .isEqualTo(
            expected(
                32,
                t -> {
                  int n = (t & 7) + 1;
                  return n * (n + 1) / 2;
                }));
  }

  @Test
  void endlessRecursionOverflowsTheStack() {
    lab.declare(".func f() { call f; ret; }");
    assertThatThrownBy(() -> lab.run(32, "call f;"))
        .isInstanceOf(DeviceFault.StackOverflow.class)
        .hasMessageContaining("`call f;`");
  }

  private static final String FIBONACCI =
      ".func (.param .b32 r) fib(.param .b32 n) { .reg .b32 %r<9>; .reg .pred %q; ld.param.u32 %r1,"
          + " [n]; setp.lt.s32 %q, %r1, 2; @%q bra END; sub.s32 %r2, %r1, 1; "
          + call(2, "fib", 3).replace("\n", " ")
          + "sub.s32 %r2, %r1, 2; "
          + call(2, "fib", 4).replace("\n", " ")
          + "add.s32 %r1, %r3, %r4; END: st.param.b32 [r], %r1; ret; }";

  private static int fibonacci(int n) {
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
  }

  private static int ackermann(int m, int n) {
    return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
  }
}
