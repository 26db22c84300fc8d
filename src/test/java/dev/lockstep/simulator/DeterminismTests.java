package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Launch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The number of worker threads changes no bit. */
class DeterminismTests {
  /** A block-wide sum in shared memory of numbers that round differently in another order. */
  private static final String BODY =
      """
      ld.global.f32 %f1, [%rd1];
      mov.u32 %r1, s;
      mad.lo.s32 %r2, %t, 4, %r1;
      st.shared.f32 [%r2], %f1;
      mov.u32 %r3, 64;
      LOOP: bar.sync 0;
      setp.ge.u32 %p1, %t, %r3;
      @%p1 bra NEXT;
      mad.lo.s32 %r4, %r3, 4, %r2;
      ld.shared.f32 %f2, [%r4];
      ld.shared.f32 %f3, [%r2];
      add.f32 %f3, %f3, %f2;
      st.shared.f32 [%r2], %f3;
      NEXT: shr.u32 %r3, %r3, 1;
      setp.ne.s32 %p2, %r3, 0;
      @%p2 bra LOOP;
      bar.sync 0;
      ld.shared.f32 %f4, [s];
      ex2.approx.f32 %f5, %f1;
      fma.rn.f32 %f4, %f4, %f1, %f5;
      st.global.f32 [%mine], %f4;
      """;

  @Test
  void anyNumberOfThreadsComputesTheSameBits() {
    int blocks = 37;
    int[] in =
        IntStream.range(0, 128 * blocks)
            .map(i -> Float.floatToRawIntBits((float) Math.sin(i * 12.9898) * 3))
            .toArray();
    int[] expected = null;
    for (int threads : new int[] {1, 2, 3, 8}) {
      try (Lab lab =
          new Lab(DeviceOptions.defaults().withThreads(threads)).declare(".shared .f32 s[128];")) {
        int[] out =
            lab.run(Launch.of(blocks, 128), "add.s64 %rd1, %in, %w;\n" + BODY, in.length, in, 0);
        expected = expected == null ? out : expected;
        assertThat(out).as("%d threads", threads).isEqualTo(expected);
      }
    }
    assertThat(IntStream.of(expected).distinct().count()).isGreaterThan(4000);
  }
}
