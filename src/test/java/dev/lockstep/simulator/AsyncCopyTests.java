package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Launch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** {@code cp.async} gives its bytes to who waits, and garbage to who does not. */
class AsyncCopyTests {
  private static final int POISON = -1;

  /** Without the sanitizer, which would not let anybody read garbage. */
  private final Lab lab =
      new Lab(DeviceOptions.defaults()).declare(".shared .align 16 .b32 s[256];");

  @AfterEach
  void close() {
    lab.close();
  }

  @Test
  void nothingIsThereBeforeTheWait() {
    int[] out =
        run(
            """
            st.shared.u32 [%r1], 3;
            cp.async.ca.shared.global [%r1], [%rd1], 4;
            cp.async.commit_group;
            ld.shared.u32 %r2, [%r1];
            """);
    assertThat(out).containsOnly(POISON);
  }

  @Test
  void allIsThereAfterTheWait() {
    int[] out =
        run(
            """
            cp.async.ca.shared.global [%r1], [%rd1], 4;
            cp.async.commit_group;
            cp.async.wait_group 0;
            ld.shared.u32 %r2, [%r1];
            """);
    assertThat(out).isEqualTo(IntStream.range(100, 132).toArray());
  }

  @Test
  void waitAllNeedsNoGroup() {
    int[] out =
        run(
            """
            cp.async.ca.shared.global [%r1], [%rd1], 4;
            cp.async.wait_all;
            ld.shared.u32 %r2, [%r1];
            """);
    assertThat(out).isEqualTo(IntStream.range(100, 132).toArray());
  }

  @Test
  void aCopyOutsideAnyGroupIsNotWaitedFor() {
    int[] out =
        run(
            """
            cp.async.ca.shared.global [%r1], [%rd1], 4;
            cp.async.wait_group 0;
            ld.shared.u32 %r2, [%r1];
            """);
    assertThat(out).containsOnly(POISON);
  }

  @Test
  void waitGroupLeavesTheNewestPending() {
    int[] out =
        run(
            """
            cp.async.ca.shared.global [%r1], [%rd1], 4;
            cp.async.commit_group;
            cp.async.ca.shared.global [%r1+512], [%rd1+128], 4;
            cp.async.commit_group;
            cp.async.wait_group 1;
            ld.shared.u32 %r2, [%r1];
            ld.shared.u32 %r3, [%r1+512];
            setp.eq.s32 %p1, %r3, -1;
            cp.async.wait_group 0;
            ld.shared.u32 %r4, [%r1+512];
            add.s32 %r2, %r2, %r4;
            @!%p1 mov.u32 %r2, 0;
            """);
    assertThat(out).isEqualTo(IntStream.range(0, 32).map(t -> 100 + t + 132 + t).toArray());
  }

  @Test
  void bytesBeyondTheSourceSizeAreZero() {
    int[] out =
        run(
            """
            mul.lo.s32 %r5, %t, 16;
            mov.u32 %r6, s;
            add.s32 %r5, %r5, %r6;
            st.shared.u32 [%r5+12], 9;
            and.b32 %r7, %t, 1;
            mul.lo.s32 %r7, %r7, 8;
            cp.async.cg.shared.global [%r5], [%in], 16, %r7;
            cp.async.wait_all;
            ld.shared.v4.u32 {%r8, %r9, %r10, %r11}, [%r5];
            add.s32 %r2, %r8, %r9;
            add.s32 %r2, %r2, %r10;
            add.s32 %r2, %r2, %r11;
            """);
    assertThat(out)
        .isEqualTo(IntStream.range(0, 32).map(t -> t % 2 == 1 ? 100 + 101 : 0).toArray());
  }

  @Test
  void groupsBelongToThreads() {
    // Odd lanes commit their copy, even ones do not: the same wait serves only the odd.
    int[] out =
        run(
            """
            cp.async.ca.shared.global [%r1], [%rd1], 4;
            and.b32 %r5, %t, 1;
            setp.eq.s32 %p1, %r5, 1;
            @%p1 cp.async.commit_group;
            cp.async.wait_group 0;
            ld.shared.u32 %r2, [%r1];
            """);
    assertThat(out)
        .isEqualTo(IntStream.range(0, 32).map(t -> t % 2 == 1 ? 100 + t : POISON).toArray());
  }

  private int[] run(String body) {
    String before =
        """
        mov.u32 %r1, s;
        mad.lo.s32 %r1, %t, 4, %r1;
        add.s64 %rd1, %in, %w;
        """;
    return lab.run(
        Launch.of(1, 32),
        before + body + "st.global.u32 [%mine], %r2;",
        32,
        IntStream.range(100, 200).toArray(),
        0);
  }
}
