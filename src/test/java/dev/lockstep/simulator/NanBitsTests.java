package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.ExecutionTier;
import dev.lockstep.device.Launch;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Single-precision arithmetic gives one NaN, 0x7fffffff; what only moves or selects keeps the bits
 * it was given. Generated code computes with whatever NaN the processor gives, which must not be
 * seen by anyone who looks at bits.
 */
class NanBitsTests {
  /** A NaN of other bits, as it comes from memory. */
  private static final int STRANGE = 0xffc12345;

  private static final int LANES = 32;

  /**
   * In {@code %f0} is the strange NaN, in {@code %f1} one that was computed; {@code %p0} holds in
   * odd lanes. Columns: what is looked at, how {@code %r9} is found, what that is in even and in
   * odd lanes.
   */
  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "moved, 'mov.b32 %r9, %f1;', 7fffffff, 7fffffff",
    "moved from memory, 'mov.f32 %f2, %f0; mov.b32 %r9, %f2;', ffc12345, ffc12345",
    "computed with as an integer, 'mov.b32 %r1, %f1; add.s32 %r9, %r1, 1;', 80000000, 80000000",
    """
    compared as an integer, 'mov.b32 %r1, %f1; setp.eq.u32 %p1, %r1, 0x7fffffff;
     selp.b32 %r9, 1, 0, %p1;', 00000001, 00000001\
    """,
    "negated, 'neg.f32 %f2, %f1; mov.b32 %r9, %f2;', ffffffff, ffffffff",
    "selected, 'selp.f32 %f2, %f0, %f1, %p0; mov.b32 %r9, %f2;', 7fffffff, ffc12345",
    """
    overwritten by some, 'mov.f32 %f2, %f1; @%p0 mov.f32 %f2, %f0; mov.b32 %r9, %f2;', \
    7fffffff, ffc12345\
    """,
    """
    of other lanes, 'selp.f32 %f2, %f0, %f1, %p0; mov.b32 %r1, %f2;
     shfl.sync.bfly.b32 %r9, %r1, 1, 31, -1;', ffc12345, 7fffffff\
    """,
    """
    seen by some and moved to others, 'mov.b32 %r1, %f1; mov.f32 %f2, %f0;
     @%p0 bra L; st.global.u32 [%mine], %t; L: @%p0 mov.b32 %f2, %r1; mov.b32 %r2, %f2;
     shfl.sync.bfly.b32 %r3, %r1, 1, 31, -1; and.b32 %r9, %r2, %r3;', 7fc12345, 7fffffff\
    """,
    """
    the largest integer of a warp, 'mov.b32 %r1, %f1;
     shfl.sync.bfly.b32 %r2, %r1, 2, 31, -1; max.u32 %r1, %r1, %r2;
     shfl.sync.bfly.b32 %r2, %r1, 1, 31, -1; max.u32 %r9, %r1, %r2;', 7fffffff, 7fffffff\
    """,
    """
    a sum of two over lanes, 'mov.b32 %r1, %f0;
     shfl.sync.bfly.b32 %r2, %r1, 2, 31, -1; mov.b32 %f2, %r2; add.f32 %f3, %f0, %f2;
     mov.b32 %r1, %f3; shfl.sync.bfly.b32 %r2, %r1, 1, 31, -1; mov.b32 %f2, %r2;
     add.f32 %f3, %f3, %f2; mov.b32 %r9, %f3;', 7fffffff, 7fffffff\
    """
  })
  void areOnesThatPtxHas(String what, String body, String even, String odd) {
    int[] expected =
        IntStream.range(0, LANES)
            .map(t -> Integer.parseUnsignedInt(t % 2 == 0 ? even : odd, 16))
            .toArray();
    for (ExecutionTier tier :
        new ExecutionTier[] {ExecutionTier.INTERPRETED, ExecutionTier.COMPILED}) {
      try (Lab lab = new Lab(DeviceOptions.defaults().withTier(tier))) {
        int[] out =
            lab.run(
                Launch.of(1, LANES),
                """
                ld.global.f32 %f0, [%in];
                and.b32 %r0, %t, 1;
                setp.ne.s32 %p0, %r0, 0;
                add.f32 %f1, %f0, %f0;
                """
                    + body
                    + "st.global.u32 [%mine], %r9;",
                LANES,
                new int[] {STRANGE},
                0);
        assertThat(out).as("%s, %s", what, tier).isEqualTo(expected);
      }
    }
  }
}
