package dev.lockstep.simulator;

import static dev.lockstep.simulator.Functions.call;
import static dev.lockstep.simulator.Functions.expected;
import static dev.lockstep.simulator.Functions.simple;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.Schedule;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Functions: what they take and return, how they nest, and where their lanes meet again. */
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
  void recursionKeepsTheCallersRegisters() {
    int[] out = lab.declare(FIBONACCI).run(32, call0("and.b32 %r1, %t, 15;", "fib"));
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
            .run(33, call0("mov.u32 %r1, %t;", "even"));
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
                    + call0("and.b32 %r1, %t, 15;", "sum")
                        .replace(
                            "st.global",
                            "ld.local.b32 %r9, [own+28]; sub.s32 %r9, %r9, %t; add.s32 %r2, %r2,"
                                + " %r9; st.global"));
    assertThat(out).isEqualTo(expected(32, t -> (t & 15) * ((t & 15) + 1)));
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
            .run(32, call0("and.b32 %r1, %t, 7; add.s32 %r1, %r1, 1;", "f"));
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
                    + call0("mov.u32 %r1, %t;", "g"));
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
            .run(32, call0("mov.u32 %r1, %t;", "other"));
    assertThat(out).isEqualTo(expected(32, t -> t + 1));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "call f; | 0 arguments and 0 results",
        "call (%r1), f, (%rd1, %rd1, %rd1); | 3 arguments and 1 results",
        "call (%r1), somewhere, (%r2); | the function somewhere has no body here",
        "call (%r1), __cudaCDP2LaunchDeviceV2, (%r2); | launches from a kernel",
        "call (%r1), %rd1, (%r2); | a call through a pointer without a type",
        "mov.u64 %rd1, q; P: .callprototype _ (.reg .pred _); call %rd1, (%p1), P; | a predicate"
            + " passed through a pointer"
      })
  void callsThatCannotBe(String text, String reason) {
    lab.declare(
        simple("f", "add.s32 %x, %x, 1;")
            + ".func q(.reg .pred p) { ret; }"
            + ".extern .func (.param .b32 r) somewhere(.param .b32 n);"
            + ".extern .func (.param .b32 r) __cudaCDP2LaunchDeviceV2(.param .b32 n);");
    try (KernelModule module = lab.load(text)) {
      assertThatThrownBy(() -> module.kernel("k"))
          .isInstanceOf(DeviceFault.UnsupportedInstruction.class)
          .hasMessageContaining(reason);
    }
  }

  @Test
  void anInstructionOfAFunctionIsRefusedForKernelsThatReachIt() {
    lab.declare(simple("odd", "frob.s32 %x, %x, 1;") + ".entry other() { ret; }");
    try (KernelModule module = lab.load(call0("mov.u32 %r1, %t;", "odd"))) {
      assertThat(module.kernel("other").name()).isEqualTo("other");
      assertThatThrownBy(() -> module.kernel("k"))
          .isInstanceOf(DeviceFault.UnsupportedInstruction.class)
          .hasMessageContaining("`frob.s32 %x, %x, 1;`")
          .hasMessageContaining("in function odd");
    }
  }

  @Test
  void moreLocalMemoryThanThereIsIsRefused() {
    lab.declare(".func f() { .local .b8 big[4294967296]; ret; }");
    try (KernelModule module = lab.load("call f;")) {
      assertThatThrownBy(() -> module.kernel("k")).isInstanceOf(DeviceException.class);
    }
  }

  /** Variable arguments: PTX has a way to write them and says that nothing implements it. */
  @Test
  void argumentsOfAnySizeAreRefused() {
    lab.declare(".func f(.param .b32 n, .param .b32 rest[]) { ret; }");
    assertThatThrownBy(() -> lab.run(1, "{ .param .b32 a[4]; call f, (%t, a); }"))
        .isInstanceOf(DeviceFault.UnsupportedInstruction.class)
        .hasMessageContaining("a function whose last parameter has no size");
  }

  private static final String FIBONACCI =
      ".func (.param .b32 r) fib(.param .b32 n) { .reg .b32 %r<9>; .reg .pred %q; ld.param.u32 %r1,"
          + " [n]; setp.lt.s32 %q, %r1, 2; @%q bra END; sub.s32 %r2, %r1, 1; "
          + call(2, "fib", 3).replace("\n", " ")
          + "sub.s32 %r2, %r1, 2; "
          + call(2, "fib", 4).replace("\n", " ")
          + "add.s32 %r1, %r3, %r4; END: st.param.b32 [r], %r1; ret; }";

  /** A kernel that stores what a function returns for %r1. */
  private static String call0(String prepare, String function) {
    return prepare + call(1, function, 2) + "st.global.u32 [%mine], %r2;";
  }

  private static int fibonacci(int n) {
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
  }

  private static int ackermann(int m, int n) {
    return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
  }
}
