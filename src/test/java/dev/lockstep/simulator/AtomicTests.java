package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Launch;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AtomicTests {
  private final Lab lab = new Lab(DeviceOptions.defaults().withThreads(4));

  @AfterEach
  void close() {
    lab.close();
  }

  @Test
  void noUpdateIsLostBetweenBlocks() {
    int[] out =
        lab.run(
            Launch.of(200, 64),
            """
            atom.global.add.u32 %r1, [%out], 1;
            red.global.add.u32 [%out+4], %t;
            atom.global.add.f32 %f1, [%out+8], 0f3F800000;
            red.global.max.s32 [%out+12], %g;
            """,
            4,
            new int[0],
            0);
    assertThat(out[0] - Lab.UNTOUCHED).isEqualTo(12_800);
    assertThat(out[1] - Lab.UNTOUCHED).isEqualTo(200 * 63 * 32);
    assertThat(out[3]).isEqualTo(12_799);
  }

  /** One warp's lanes in order, on a word that starts as 10. */
  @ParameterizedTest(name = "{0} {1}")
  @CsvSource({
    "add.u32, %t, 506", "min.u32, %t, 0", "max.u32, %t, 31", "min.s32, -5, -5", "max.s32, -5, 10",
    "max.u32, -5, -5", "inc.u32, 11, 6", "dec.u32, 3, 0", "and.b32, 6, 2", "or.b32, 5, 15",
    "xor.b32, %t, 10", "exch.b32, %t, 31"
  })
  void everyOperation(String operation, String operand, int expected) {
    for (String space : new String[] {"global", "shared"}) {
      int[] out =
          lab.declare(".shared .b32 s;")
              .run(
                  32,
                  """
                  mov.u64 %rd1, s;
                  st.global.u32 [%out], 10;
                  st.shared.u32 [s], 10;
                  """
                      + "atom.%s.%s %%r1, [%s], %s;\n"
                          .formatted(
                              space, operation, space.equals("global") ? "%out" : "s", operand)
                      + "ld.%s.u32 %%r2, [%s];\n"
                          .formatted(space, space.equals("global") ? "%out" : "s")
                      + "st.global.u32 [%mine], %r2;");
      assertThat(out).as(space).containsOnly(expected);
    }
  }

  @Test
  void everyLaneGetsTheValueBeforeItsOwn() {
    int[] out =
        lab.declare(".shared .b32 s;")
            .run(
                32,
                """
                st.shared.u32 [s], 0;
                atom.shared.add.u32 %r1, [s], %t;
                st.global.u32 [%mine], %r1;
                """);
    assertThat(out).isEqualTo(IntStream.range(0, 32).map(t -> t * (t - 1) / 2).toArray());
  }

  @Test
  void compareAndSwapOnSixtyFourBits() {
    int[] out =
        lab.run(
            Launch.of(50, 32),
            """
            AGAIN: ld.volatile.global.u64 %rd1, [%out];
            add.s64 %rd2, %rd1, 0x100000001;
            atom.global.cas.b64 %rd3, [%out], %rd1, %rd2;
            setp.ne.s64 %p1, %rd1, %rd3;
            @%p1 bra AGAIN;
            """,
            2,
            new int[0],
            0);
    // Both halves were counted up together, with a carry from the lower when it wrapped.
    long start = (long) Lab.UNTOUCHED << 32 | (Lab.UNTOUCHED & 0xffff_ffffL);
    long end = start + 1600 * 0x1_0000_0001L;
    assertThat(out).containsExactly((int) end, (int) (end >>> 32));
  }

  @Test
  void floatSumsOfWholeNumbersAreExact() {
    int[] out =
        lab.declare(".shared .f32 s; .shared .f64 d;")
            .run(
                64,
                """
                st.shared.f32 [s], 0f00000000;
                st.shared.f64 [d], 0d0000000000000000;
                bar.sync 0;
                cvt.rn.f32.u32 %f1, %t;
                cvt.rn.f64.u32 %fd1, %t;
                atom.shared.add.f32 %f2, [s], %f1;
                atom.shared.add.f64 %fd2, [d], %fd1;
                bar.sync 0;
                ld.shared.f32 %f3, [s];
                ld.shared.f64 %fd3, [d];
                cvt.rzi.s32.f32 %r1, %f3;
                cvt.rzi.s32.f64 %r2, %fd3;
                add.s32 %r1, %r1, %r2;
                st.global.u32 [%mine], %r1;
                """);
    assertThat(Arrays.stream(out).distinct()).containsExactly(2 * 2016);
  }
}
