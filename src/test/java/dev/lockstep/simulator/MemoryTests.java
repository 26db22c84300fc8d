package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelImage;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.Launch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MemoryTests {
  private final Lab lab = new Lab();

  @AfterEach
  void close() {
    lab.close();
  }

  @Test
  void sharedMemoryByNameOffsetAndRegister() {
    int[] out =
        lab.declare(".shared .align 8 .b8 a[6]; .shared .align 16 .b8 b[512];")
            .run(
                32,
                """
                mov.u32 %r1, b;
                mul.lo.s32 %r2, %t, 16;
                add.s32 %r3, %r1, %r2;
                st.shared.v2.u32 [%r3+8], {%t, %r1};
                bar.warp.sync -1;
                ld.shared.u32 %r4, [b+24];
                mov.u64 %rd1, b;
                ld.shared.u32 %r5, [%rd1+28];
                mad.lo.s32 %r5, %r5, 100, %r4;
                st.global.u32 [%mine], %r5;
                """);
    assertThat(out).containsOnly(16 * 100 + 1);
  }

  @Test
  void memorySizedByTheLaunchComesBehindTheRest() {
    int[] out =
        lab.declare(".shared .b8 a[20]; .extern .shared .align 16 .b8 d[];")
            .run(
                Lab.launch(1, 32, 128),
                """
                mov.u32 %r1, d;
                mad.lo.s32 %r2, %t, 4, %r1;
                st.shared.u32 [%r2], %t;
                bar.warp.sync -1;
                ld.shared.u32 %r3, [d+124];
                mov.u32 %r4, %dynamic_smem_size;
                mov.u32 %r5, %total_smem_size;
                mad.lo.s32 %r3, %r1, 1000, %r3;
                mad.lo.s32 %r3, %r3, 1000, %r4;
                mad.lo.s32 %r3, %r5, 1000000, %r3;
                st.global.u32 [%mine], %r3;
                """,
                32,
                new int[0],
                0);
    // Twenty bytes, aligned to 16: the rest starts at 32 and ends at 160, in two pieces of 128.
    assertThat(out).containsOnly((32 * 1000 + 31) * 1000 + 128 + 256 * 1_000_000);
  }

  /** What optimisers make of a loop: the register starts below the first variable. */
  @ParameterizedTest
  @CsvSource({"32, shared, 4", "32, shared, 12", "19, shared, 4", "32, local, 0", "7, local, 0"})
  void registersBelowZeroAndOffsetsAboveItMeetInside(int threads, String space, int stride) {
    int[] out =
        lab.declare(".shared .align 4 .b8 s[512];")
            .run(
                threads,
                """
                .local .align 4 .b8 l[64];
                mad.lo.s32 %%r1, %%t, %2$d, -64;
                st.%1$s.u32 [%%r1+64], %%t;
                st.%1$s.u8 [%%r1+66], 1;
                ld.%1$s.u32 %%r2, [%%r1+64];
                st.global.u32 [%%mine], %%r2;
                """
                    .formatted(space, stride));
    assertThat(out).isEqualTo(IntStream.range(0, threads).map(t -> t + 0x10000).toArray());
  }

  @Test
  void everyThreadHasItsOwnLocalMemory() {
    int[] out =
        lab.run(
            70,
            """
            .local .align 8 .b8 depot[16];
            .reg .b64 %SP, %SPL;
            mov.u64 %SPL, depot;
            cvta.local.u64 %SP, %SPL;
            st.local.u32 [%SPL+4], %t;
            add.u64 %rd1, %SP, 8;
            st.u32 [%rd1], %g;
            cvta.to.local.u64 %rd2, %rd1;
            ld.u32 %r1, [%SP+4];
            ld.local.u32 %r2, [%rd2];
            mad.lo.s32 %r1, %r1, 1000, %r2;
            st.global.u32 [%mine], %r1;
            """);
    assertThat(out).isEqualTo(IntStream.range(0, 70).map(t -> t * 1001).toArray());
  }

  @Test
  void genericAddressesReachEveryWindow() {
    // Even lanes point to shared, odd ones to global memory.
    int[] out =
        lab.declare(".shared .b32 s;")
            .run(
                Launch.of(1, 32),
                """
                st.shared.u32 [s], 5;
                bar.warp.sync -1;
                mov.u64 %rd1, s;
                cvta.shared.u64 %rd1, %rd1;
                and.b32 %r1, %t, 1;
                setp.eq.s32 %p1, %r1, 1;
                selp.b64 %rd2, %in, %rd1, %p1;
                ld.u32 %r2, [%rd2];
                isspacep.shared %p2, %rd2;
                isspacep.global %p3, %rd2;
                @%p2 add.s32 %r2, %r2, 100;
                @%p3 add.s32 %r2, %r2, 200;
                st.global.u32 [%mine], %r2;
                """,
                32,
                new int[] {7},
                0);
    assertThat(out).isEqualTo(IntStream.range(0, 32).map(t -> t % 2 == 1 ? 207 : 105).toArray());
  }

  @Test
  void moduleVariablesKeepWhatLaunchesWrite() {
    lab.declare(
        ".global .align 4 .u32 counter = 40; .const .align 4 .b8 table[8] = {1, 0, 0, 0, 2};");
    try (KernelModule module =
            lab.load(
                """
                ld.const.u32 %r1, [table+4];
                mov.u64 %rd1, counter;
                cvta.global.u64 %rd1, %rd1;
                ld.u32 %r2, [%rd1];
                add.s32 %r2, %r2, %r1;
                st.global.u32 [counter], %r2;
                st.global.u32 [%out], %r2;
                """);
        DeviceBuffer out = lab.ints(0)) {
      KernelArgs args = new KernelArgs().address(out, 0).address(out, 0).int32(0);
      lab.stream.launch(module.kernel("k"), Launch.of(1, 1), args);
      lab.stream.launch(module.kernel("k"), Launch.of(1, 1), args);
      assertThat(lab.read(out)).containsExactly(44);
    }
  }

  /** They live as long as the module, hide what it has of their names, and end with a scope. */
  @Test
  void bodiesDeclareGlobalAndConstantVariables() {
    lab.declare(".global .b32 v = 900; .global .b32 w = 50;");
    try (KernelModule module =
            lab.load(
                """
                .global .align 16 .b32 v[4] = {1, 2, 3, 4};
                .const .b64 to[2] = {generic(v) + 8, w};
                .shared .align 16 .b32 copy[4];
                { .const .b32 v = 70000; ld.const.b32 %r1, [v]; }
                cp.async.ca.shared.global [copy], [v], 16;
                cp.async.wait_all;
                ld.shared.b32 %r2, [copy+4];
                ld.const.b64 %rd1, [to];
                ld.b32 %r3, [%rd1];
                ld.const.b64 %rd2, [to+8];
                ld.global.b32 %r4, [%rd2];
                add.u32 %r2, %r2, 100;
                st.global.b32 [v+4], %r2;
                add.u32 %r1, %r1, %r2;
                mad.lo.u32 %r1, %r3, 1000, %r1;
                mad.lo.u32 %r1, %r4, 100000, %r1;
                st.global.u32 [%out], %r1;
                """);
        DeviceBuffer out = lab.ints(0)) {
      KernelArgs args = new KernelArgs().address(out, 0).address(out, 0).int32(0);
      lab.stream.launch(module.kernel("k"), Launch.of(1, 1), args);
      lab.stream.launch(module.kernel("k"), Launch.of(1, 1), args);
      assertThat(lab.read(out)).containsExactly(50 * 100_000 + 70_000 + 3 * 1000 + 202);
    }
  }

  /** 32 bits are enough for what counts from zero in its own space. */
  @Test
  void narrowAddressesOfConstantsAndParameters() {
    lab.declare(".const .u32 before[3] = {1, 2, 3}; .const .u32 table[2] = {4, 5};");
    int[] out =
        lab.run(
            Launch.of(1, 2),
            """
            mov.u32 %r1, table;
            mad.lo.u32 %r1, %t, 4, %r1;
            ld.const.u32 %r2, [%r1];
            mov.u32 %r4, before;
            sub.u32 %r4, %r4, 0x10000; // Wraps around, as the sum with the offset does.
            ld.const.u32 %r3, [%r4+0x10008];
            mov.u32 %r4, in;
            ld.param.u32 %r5, [%r4+8];
            mad.lo.u32 %r2, %r2, 10, %r3;
            mad.lo.u32 %r2, %r2, 10, %r5;
            st.global.u32 [%mine], %r2;
            """,
            2,
            new int[0],
            6);
    assertThat(out).containsExactly(436, 536);
  }

  /**
   * By a number, by registers of each width, the sign of narrow ones kept, and modulo 2³²; of every
   * space, through generic addresses, and as an address to take.
   */
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "ld.const.b16 %h1, a[2]; cvt.u32.u16 %r1, %h1;                            | 30",
        "ld.const.b16 %h1, a[5-2*2]; cvt.u32.u16 %r1, %h1;                        | 20",
        "mov.u64 %rd1, a[3]; ld.const.u16 %r1, [%rd1];                            | 40",
        "mov.b32 %r2, 2; ld.const.u16 %r1, a[%r2];                                | 30",
        "mov.b32 %r2, 2; ld.const.u16 %r1, a[%r2+1];                              | 40",
        "mov.b32 %r2, 2; ld.const.u16 %r1, a[%r2+-1];                             | 20",
        "mov.b64 %rd1, 0x500000001; ld.const.u16 %r1, a[%rd1];                    | 20",
        ".reg .s16 %s; mov.s16 %s, -1; ld.const.u16 %r1, a[%s+2];                 | 20",
        "mov.b16 %h1, 3; ld.u16 %r1, a[%h1];                                      | 40",
        "ld.global.f32 %f1, v[5]; cvt.rzi.u32.f32 %r1, %f1;                       | 6",
        "mov.b32 %r2, 5; ld.f32 %f1, v[%r2]; cvt.rzi.u32.f32 %r1, %f1;            | 6",
        "st.shared.b32 s[3], 7; ld.shared.b32 %r1, [s+12];                        | 7",
        "mov.b32 %r2, 3; st.b32 s[%r2], 8; ld.shared.b32 %r1, s[3];               | 8",
        "mov.b32 %r2, 3; mov.u32 %r3, s[%r2]; mov.u32 %r4, s; sub.u32 %r1, %r3, %r4; | 12",
        ".local .b64 l[4]; mov.b32 %r2, 1; st.local.b32 l[%r2], 9; ld.b32 %r1, l[1]; | 9",
        ".param .b32 p[4]; st.param.b32 p[1], 6; ld.param.b32 %r1, [p+4];         | 6",
        "setp.ne.b32 %p1, %t, %t; mov.b32 %r1, 1; @%p1 ld.const.u16 %r1, a[%r9];  | 1",
      })
  void elementsOfArraysByTheirIndex(String body, int value) {
    int[] out =
        lab.declare(
                ".const .b16 a[4] = {10, 20, 30, 40}; .shared .b32 s[4];"
                    + ".global .v4 .f32 v[2] = {{1.0, 2.0, 3.0, 4.0}, {5.0, 6.0, 7.0, 8.0}};")
            .run(1, body + "st.global.u32 [%mine], %r1;");
    assertThat(out).containsExactly(value);
  }

  @Test
  void structsPassedByValueAreReadByNameAndByAddress() {
    String ptx =
        """
        .version 8.0
        .target sm_80
        .address_size 64
        .entry k(.param .u32 a, .param .align 8 .b8 s[24], .param .f32 f) {
        .reg .b32 %r<9>; .reg .b64 %rd<9>;
        ld.param.u64 %rd1, [s+8];
        ld.param.u32 %r1, [s+20];
        mov.b64 %rd2, s;
        ld.param.u32 %r2, [%rd2+16];
        mov.u32 %r4, %tid.x;
        mul.wide.u32 %rd3, %r4, 4;
        add.s64 %rd3, %rd3, %rd2;
        ld.param.u32 %r3, [%rd3];
        mad.lo.s32 %r1, %r1, 100, %r2;
        mad.lo.s32 %r1, %r1, 100, %r3;
        mul.wide.u32 %rd4, %r4, 4;
        add.s64 %rd1, %rd1, %rd4;
        st.global.u32 [%rd1], %r1;
        ret;
        }
        """;
    try (KernelModule module = lab.device.load(KernelImage.ofPtx("struct", ptx));
        DeviceBuffer out = lab.ints(0, 0)) {
      KernelArgs args =
          new KernelArgs()
              .int32(0)
              .int32(0)
              .int32(3)
              .int32(4)
              .address(out, 0)
              .int32(5)
              .int32(6)
              .float32(1);
      assertThat(module.kernel("k").parameterBytes()).isEqualTo(36);
      lab.stream.launch(module.kernel("k"), Launch.of(1, 2), args);
      assertThat(lab.read(out)).containsExactly(60503, 60504);
    }
  }

  @Test
  void registersReadBeforeTheyAreWrittenAreZeroInEveryBlock() {
    Lab plain = new Lab(DeviceOptions.defaults());
    int[] out =
        plain.run(
            Launch.of(4, 32),
            """
            setp.eq.u32 %p1, %t, 40;
            @%p1 mov.u32 %r1, 5;
            add.s32 %r1, %r1, 1;
            selp.b32 %r2, 7, %r1, %p9;
            st.global.u32 [%mine], %r2;
            setp.eq.s32 %p9, %r2, %r2;
            add.s32 %r1, %r1, 40;
            """,
            128,
            new int[0],
            0);
    plain.close();
    assertThat(out).containsOnly(1);
  }

  @Test
  void aBlockIsItsOwnCluster() {
    int[] out =
        lab.declare(".shared .b32 s[32];")
            .run(
                32,
                """
                mov.u64 %rd1, s;
                mad.wide.u32 %rd1, %t, 4, %rd1;
                st.shared::cluster.u32 [%rd1], %t;
                ld.relaxed.cluster.shared::cta.u32 %r1, [%rd1];
                cvta.shared::cluster.u64 %rd1, %rd1;
                isspacep.shared::cluster %p1, %rd1;
                @%p1 st.global.u32 [%mine], %r1;
                """);
    assertThat(out).isEqualTo(IntStream.range(0, 32).toArray());
  }
}
