package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.ExecutionTier;
import dev.lockstep.device.Launch;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code ldmatrix}, {@code mma} and {@code wmma} through registers of a warp. */
class MatrixTests {
  /** Four 8 × 8 matrices of 16-bit numbers 64m + 8·row + column in shared memory. */
  private static final String FILLED =
      """
      mov.u32 %r1, s;
      mul.lo.s32 %r2, %t, 8;
      mad.lo.s32 %r3, %r2, 2, %r1;
      mov.u32 %r4, 0;
      FILL: add.s32 %r5, %r2, %r4;
      cvt.u16.u32 %h1, %r5;
      mad.lo.s32 %r6, %r4, 2, %r3;
      st.shared.u16 [%r6], %h1;
      add.s32 %r4, %r4, 1;
      setp.lt.s32 %p1, %r4, 8;
      @%p1 bra FILL;
      bar.sync 0;
      """;

  private final Lab lab = new Lab().declare(".shared .align 16 .b16 s[256];");

  @AfterEach
  void close() {
    lab.close();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void loadsFourMatrices(boolean transposed) {
    int[] out =
        lab.run(
            Launch.of(1, 32),
            FILLED
                + """
                ldmatrix.sync.aligned.m8n8.x4%s.shared.b16 {%%r10, %%r11, %%r12, %%r13}, [%%r3];
                mul.wide.u32 %%rd1, %%t, 16;
                add.s64 %%rd1, %%rd1, %%out;
                st.global.v4.u32 [%%rd1], {%%r10, %%r11, %%r12, %%r13};
                """
                    .formatted(transposed ? ".trans" : ""),
            128,
            new int[0],
            0);
    for (int lane = 0; lane < 32; lane++) {
      for (int m = 0; m < 4; m++) {
        int row = lane / 4;
        int column = lane % 4 * 2;
        int first = transposed ? 64 * m + 8 * column + row : 64 * m + 8 * row + column;
        int second = transposed ? first + 8 : first + 1;
        assertThat(out[4 * lane + m]).isEqualTo(first | second << 16);
      }
    }
  }

  @Test
  void loadsOneMatrixByTheAddressesOfEightLanes() {
    int[] out =
        lab.run(
            32,
            FILLED
                + """
                setp.ge.u32 %p2, %t, 8;
                @%p2 mov.u32 %r3, 77777777;
                ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%r10}, [%r3];
                st.global.u32 [%mine], %r10;
                """);
    assertThat(out).isEqualTo(IntStream.range(0, 32).map(l -> 2 * l | (2 * l + 1) << 16).toArray());
  }

  @Test
  void multipliesWithTheIdentity() {
    // A = 1 everywhere, B = identity in its first eight rows (bf16), C = lane: D = C + 1.
    int[] out =
        lab.run(
            32,
            """
            shr.u32 %r1, %t, 2;
            and.b32 %r2, %t, 3;
            shl.b32 %r2, %r2, 1;
            sub.s32 %r3, %r1, %r2;
            mov.u32 %r4, 0;
            setp.eq.s32 %p1, %r3, 0;
            @%p1 mov.u32 %r4, 0x00003f80;
            setp.eq.s32 %p2, %r3, 1;
            @%p2 mov.u32 %r4, 0x3f800000;
            mov.u32 %r5, 0x3f803f80;
            mov.u32 %r6, 0;
            cvt.rn.f32.u32 %f1, %t;
            mov.f32 %f2, %f1; mov.f32 %f3, %f1; mov.f32 %f4, %f1;
            mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32
              {%f1,%f2,%f3,%f4}, {%r5,%r5,%r5,%r5}, {%r4,%r6}, {%f1,%f2,%f3,%f4};
            add.f32 %f1, %f1, %f2; add.f32 %f3, %f3, %f4; add.f32 %f1, %f1, %f3;
            cvt.rzi.s32.f32 %r7, %f1;
            st.global.u32 [%mine], %r7;
            """);
    assertThat(out).isEqualTo(IntStream.range(0, 32).map(t -> 4 * (t + 1)).toArray());
  }

  @Test
  void aWarpThatLostLanesCannotMultiply() {
    assertThatThrownBy(
            () ->
                lab.run(
                    31,
                    "mov.b32 %r4, 0; mov.b32 %r5, 0; mov.f32 %f1, 0f00000000; mov.f32 %f2, %f1; "
                        + "mov.f32 %f3, %f1; mov.f32 %f4, %f1; "
                        + "mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 "
                        + "{%f1,%f2,%f3,%f4}, {%r5,%r5}, {%r4}, {%f1,%f2,%f3,%f4};"))
        .isInstanceOf(DeviceFault.Trap.class)
        .hasMessageContaining("mma.sync needs all 32 lanes");
  }

  @Test
  void aWarpThatLostLanesCannotLoadAFragment() {
    assertThatThrownBy(
            () ->
                lab.run(
                    31,
                    "wmma.load.c.sync.aligned.row.m16n16k16.f32 "
                        + "{%f1,%f2,%f3,%f4,%f5,%f6,%f7,%f8}, [%out];"))
        .isInstanceOf(DeviceFault.Trap.class)
        .hasMessageContaining("wmma.load needs all 32 lanes");
  }

  /** Lane 31 holds rows 7 and 15, columns 6, 7, 14 and 15: the last is beyond the buffer. */
  @Test
  void aFragmentIsCheckedElementByElement() {
    assertThatThrownBy(
            () ->
                lab.run(
                    Launch.of(1, 32),
                    "wmma.load.c.sync.aligned.row.m16n16k16.global.f32 "
                        + "{%f1,%f2,%f3,%f4,%f5,%f6,%f7,%f8}, [%out];",
                    255,
                    new int[0],
                    0))
        .isInstanceOf(DeviceFault.IllegalAddress.class)
        .hasMessageContaining("thread (31,0,0)");
  }

  @Test
  void lanesThatComeLateAreWaitedFor() {
    int[] out =
        lab.run(
            32,
            """
            mov.f32 %f1, 0f3F800000; mov.u32 %r1, 0x3c003c00; mov.u32 %r2, 7;
            setp.lt.u32 %p1, %t, 16;
            @%p1 bra JOIN;
            mov.f32 %f1, 0f40000000;
            add.u32 %r2, %r2, 1;
            JOIN:
            mma.sync.aligned.m16n8k8.row.col.f16.f16.f16.f16
              {%r5, %r6}, {%r1, %r1}, {%r1}, {%r1, %r1};
            st.global.u32 [%mine], %r5;
            """);
    // 8 products of 1 and 1, plus 1, in both halves.
    assertThat(out).containsOnly(0x48804880);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mma.sp.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
            + "{%f1,%f2,%f3,%f4}, {%r1,%r2}, {%r3,%r4}, {%f1,%f2,%f3,%f4}, %r5, 0x0; | sparse A",
        "mma.sync.aligned.m16n8k32.row.col.kind::f8f6f4.f32.e4m3.e4m3.f32 "
            + "{%f1,%f2,%f3,%f4}, {%r1,%r2,%r3,%r4}, {%r5,%r6}, {%f1,%f2,%f3,%f4}; | sm_120",
        "mma.sync.aligned.m16n8k32.row.col.f32.bf16.bf16.f32 "
            + "{%f1,%f2,%f3,%f4}, {%r1,%r2}, {%r3}, {%f1,%f2,%f3,%f4}; | shape .m16n8k32",
        "mma.sync.aligned.m16n8k8.col.col.f32.f16.f16.f32 "
            + "{%f1,%f2,%f3,%f4}, {%r1,%r2}, {%r3}, {%f1,%f2,%f3,%f4}; | layouts",
        "mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 "
            + "{%f1,%f2,%f3,%f4}, {%r1}, {%r3}, {%f1,%f2,%f3,%f4}; | 1 registers where 2 belong",
        "wmma.load.b.sync.aligned.row.m8n8k32.s4 {%r1}, [%out]; | less than a byte",
      })
  void refusesWhatItDoesNotKnow(String textAndReason) {
    String[] parts = textAndReason.split(" \\| ", -1);
    assertThatThrownBy(() -> lab.run(32, parts[0]))
        .isInstanceOf(DeviceFault.UnsupportedInstruction.class)
        .hasMessageContaining(parts[1]);
  }

  /**
   * Two by two, as compilers unroll them, a second product into the same sums, one with hazards.
   */
  @ParameterizedTest
  @EnumSource(ExecutionTier.class)
  void productsThatShareFactorsAreTheSameTogether(ExecutionTier tier) {
    String mma = "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 ";
    String code =
        """
        cvt.rn.f32.u32 %f40, %t;
        mul.lo.u32 %r1, %t, 0x00010003; and.b32 %r1, %r1, 0x003f003f; or.b32 %r1, %r1, 0x3f803f80;
        xor.b32 %r2, %r1, 0x80000000; xor.b32 %r3, %r1, 0x00108000; xor.b32 %r4, %r1, 0x00020001;
        xor.b32 %r5, %r1, 0x00070000; xor.b32 %r6, %r2, 0x00000011; xor.b32 %r7, %r3, 0x00100000;
        """
            + IntStream.range(1, 21)
                .mapToObj("add.f32 %%f%1$d, %%f40, 0f4%1$07d;\n"::formatted)
                .collect(Collectors.joining())
            + mma
            + "{%f1,%f2,%f3,%f4}, {%r1,%r2,%r3,%r4}, {%r5,%r6}, {%f1,%f2,%f3,%f4};\n"
            + mma
            + "{%f5,%f6,%f7,%f8}, {%r1,%r2,%r3,%r4}, {%r7,%r1}, {%f5,%f6,%f7,%f8};\n"
            + mma
            + "{%f9,%f10,%f11,%f12}, {%r4,%r3,%r2,%r1}, {%r5,%r6}, {%f9,%f10,%f11,%f12};\n"
            + mma
            + "{%f16,%f15,%f14,%f13}, {%r4,%r3,%r2,%r1}, {%r7,%r1}, {%f16,%f15,%f14,%f13};\n"
            + mma
            + "{%f1,%f2,%f3,%f4}, {%r4,%r3,%r2,%r1}, {%r7,%r1}, {%f1,%f2,%f3,%f4};\n"
            + mma
            + "{%f17,%f18,%f19,%f20}, {%r4,%r3,%r2,%r1}, {%r5,%r6}, {%f18,%f17,%f20,%f1};\n"
            + "mov.b32 %r10, %f1;\n"
            + IntStream.range(2, 21)
                .mapToObj(
                    i ->
                        "mov.b32 %%r11, %%f%d; mul.lo.u32 %%r10, %%r10, 31; add.u32 %%r10, %%r10, %%r11;\n"
                            .formatted(i))
                .collect(Collectors.joining())
            + "st.global.u32 [%mine], %r10;";
    try (Lab tiered = new Lab(DeviceOptions.defaults().withTier(tier));
        Lab plain = new Lab(DeviceOptions.defaults().withTier(ExecutionTier.INTERPRETED))) {
      assertThat(tiered.run(32, code)).isEqualTo(plain.run(32, code));
    }
  }
}
