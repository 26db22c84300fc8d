package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.Launch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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

  /** Even and odd threads add 1 to the two halves of one word: 1280 is exact in f16. */
  @Test
  void neighbouringHalvesDoNotDisturbEachOther() {
    int[] out =
        lab.run(
            Launch.of(40, 64),
            """
            and.b32 %r1, %t, 1;
            mad.wide.u32 %rd1, %r1, 2, %in;
            mov.b16 %h1, 0x3c00;
            red.global.add.noftz.f16 [%rd1], %h1;
            atom.global.add.u32 %r2, [%in+4], 1;
            setp.ne.u32 %p1, %r2, 2559;
            @%p1 bra END;
            membar.gl;
            ld.volatile.global.u32 %r3, [%in];
            st.global.u32 [%out], %r3;
            END:
            """,
            1,
            new int[2],
            0);
    int half = Float.floatToFloat16(1280);
    assertThat(out[0]).isEqualTo(half << 16 | half);
  }

  /** Both halves of 16 bytes are counted up by a loop around cas. */
  @Test
  void sixteenBytesChangeTogether() {
    int[] out =
        lab.declare(".global .align 16 .b64 pair[2];")
            .run(
                Launch.of(500, 32),
                """
                .reg .b128 %q1, %q2, %q3;
                mov.u64 %rd9, pair;
                AGAIN: ld.relaxed.gpu.global.b128 %q1, [%rd9];
                mov.b128 {%rd1, %rd2}, %q1;
                add.u64 %rd3, %rd1, 1;
                sub.u64 %rd4, %rd2, 1;
                mov.b128 %q2, {%rd3, %rd4};
                atom.global.cas.b128 %q3, [%rd9], %q1, %q2;
                mov.b128 {%rd5, %rd6}, %q3;
                setp.ne.u64 %p1, %rd5, %rd1;
                setp.ne.or.u64 %p1, %rd6, %rd2, %p1;
                @%p1 bra AGAIN;
                add.u64 %rd7, %rd5, %rd6;
                cvt.u32.u64 %r1, %rd7;
                st.global.u32 [%mine], %r1;
                setp.ne.u64 %p1, %rd3, 16000;
                @%p1 bra END;
                cvt.u32.u64 %r2, %rd4;
                st.global.u32 [%out+64000], %r2;
                END:
                """,
                16001,
                new int[0],
                0);
    int[] expected = new int[16001];
    expected[16000] = -16000;
    assertThat(out).isEqualTo(expected);
  }

  /** One block counts in both halves, the other looks until it is done. */
  @ParameterizedTest
  @ValueSource(strings = {"relaxed.gpu.global", "volatile.global", "global.cg"})
  void vectorsThatOthersWatchAreWhole(String order) {
    int[] out =
        lab.declare(".global .align 16 .b64 pair[2];")
            .run(
                Launch.of(2, 1),
                """
                mov.u64 %rd9, pair;
                mov.u64 %rd1, 0;
                mov.u32 %r1, %ctaid.x;
                setp.ne.u32 %p1, %r1, 0;
                @%p1 bra LOOK;
                COUNT: add.u64 %rd1, %rd1, 1;
                st.ORDER.v2.u64 [%rd9], {%rd1, %rd1};
                setp.lt.u64 %p1, %rd1, 300000;
                @%p1 bra COUNT;
                ret;
                LOOK: mov.u32 %r2, 0;
                AGAIN: ld.ORDER.v2.u64 {%rd1, %rd2}, [%rd9];
                setp.ne.u64 %p1, %rd1, %rd2;
                @%p1 add.u32 %r2, %r2, 1;
                setp.lt.u64 %p1, %rd1, 300000;
                @%p1 bra AGAIN;
                st.global.u32 [%out], %r2;
                """
                    .replace("ORDER", order),
                1,
                new int[0],
                0);
    assertThat(out[0]).isZero();
  }

  /** The word around it reaches past the end of the allocation. */
  @Test
  void theLastHalfWordOfAnAllocation() {
    try (DeviceBuffer two = lab.device.allocate(2);
        KernelModule module =
            lab.load(
                """
                mov.b16 %h1, 0;
                cvt.u16.u32 %h2, %t;
                atom.global.cas.b16 %h3, [%out], %h1, %h2;
                """)) {
      KernelArgs args = new KernelArgs().address(two, 0).address(two, 0).int32(0);
      lab.stream.launch(module.kernel("k"), Launch.of(1, 32), args);
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment host = arena.allocate(2);
        lab.stream.copyToHost(host, two, 0);
        assertThat(host.get(ValueLayout.JAVA_SHORT, 0)).isEqualTo((short) 1);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "atom.global.min.f32 %f1, [%out], %f2;",
        "atom.global.inc.s32 %r1, [%out], %r2;",
        "atom.global.and.u32 %r1, [%out], %r2;",
        "atom.local.add.u32 %r1, [%out], %r2;",
        "atom.shared.add.v2.f32 {%f1,%f2}, [%r1], {%f3,%f4};",
        "atom.global.min.noftz.f16x2 %r1, [%out], %r2;",
        "red.global.exch.b32 [%out], %r2;",
        "red.async.relaxed.cluster.global.add.u32 [%out], %r2;",
        "atom.global.cas.u32 %r1, [%out], %r2, %r3;"
      })
  void whatTheManualHasNoFormForIsRefused(String code) {
    assertThatThrownBy(() -> lab.run(32, code))
        .isInstanceOf(DeviceFault.UnsupportedInstruction.class);
  }

  /** The elements of a vector are atomic one by one, but lie in one aligned piece. */
  @Test
  void aVectorIsAlignedAsAWhole() {
    assertThatThrownBy(() -> lab.run(32, "red.global.add.v2.f32 [%out+4], {%f1, %f2};"))
        .isInstanceOf(DeviceFault.MisalignedAddress.class)
        .hasMessageContaining("needs a multiple of 8");
  }
}
