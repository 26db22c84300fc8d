package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceFault;
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
import org.junit.jupiter.params.provider.ValueSource;

class MemoryTests {
  private final Lab lab = new Lab();

  @AfterEach
  void close() {
    lab.close();
  }

  /** Neighbours, a stride, one place for all, and a part of the warp: four ways through a load. */
  @ParameterizedTest
  @CsvSource({"32, 4, 31", "32, 12, 31", "32, 0, 31", "19, 4, 31", "32, -4, 31"})
  void loadsByEveryPattern(int threads, int stride, int start) {
    int[] in = IntStream.range(0, 200).map(i -> 1000 + i).toArray();
    int[] out =
        lab.run(
            Launch.of(1, threads),
            """
            mul.lo.s32 %%r1, %%t, %d;
            cvt.s64.s32 %%rd1, %%r1;
            add.s64 %%rd1, %%rd1, %%in;
            ld.global.nc.u32 %%r2, [%%rd1+%d];
            st.global.u32 [%%mine], %%r2;
            """
                .formatted(stride, 4 * start),
            threads,
            in,
            0);
    assertThat(out)
        .isEqualTo(IntStream.range(0, threads).map(t -> 1000 + start + t * stride / 4).toArray());
  }

  @ParameterizedTest
  @CsvSource({"32, 16", "32, 32", "7, 16"})
  void vectorsOfFourGoThereAndBack(int threads, int stride) {
    int[] in = IntStream.range(0, 512).toArray();
    int[] out =
        lab.run(
            Launch.of(1, threads),
            """
            mul.wide.u32 %%rd1, %%t, %d;
            add.s64 %%rd2, %%rd1, %%in;
            add.s64 %%rd3, %%rd1, %%out;
            ld.global.v4.u32 {%%r1, %%r2, %%r3, %%r4}, [%%rd2];
            st.global.v4.u32 [%%rd3], {%%r4, %%r3, %%r2, %%r1};
            """
                .formatted(stride),
            threads * stride / 4,
            in,
            0);
    for (int t = 0; t < threads; t++) {
      for (int i = 0; i < 4; i++) {
        assertThat(out[t * stride / 4 + i]).isEqualTo(t * stride / 4 + 3 - i);
      }
    }
  }

  @Test
  void loadsIntoTheirOwnAddressRegister() {
    int[] out =
        lab.run(
            Launch.of(1, 32),
            """
            mul.wide.u32 %rd1, %t, 16;
            add.s64 %rd1, %rd1, %in;
            ld.global.v2.u64 {%rd1, %rd2}, [%rd1];
            cvt.u32.u64 %r1, %rd1;
            cvt.u32.u64 %r2, %rd2;
            mad.lo.s32 %r1, %r1, 1000, %r2;
            st.global.u32 [%mine], %r1;
            """,
            32,
            IntStream.range(0, 128).map(i -> i % 2 == 0 ? i / 2 : 0).toArray(),
            0);
    assertThat(out).isEqualTo(IntStream.range(0, 32).map(t -> 2 * t * 1000 + 2 * t + 1).toArray());
  }

  @ParameterizedTest
  @CsvSource({
    "u8, 0x000000f0",
    "s8, 0xfffffff0",
    "u16, 0x000081f0",
    "s16, 0xffff81f0",
    "b32, 0x7fff81f0"
  })
  void narrowLoadsExtend(String type, String expected) {
    for (String guard : new String[] {"", "setp.lt.u32 %p1, %t, 9; @%p1 "}) {
      int[] out =
          lab.run(
              Launch.of(1, 32),
              "mov.b32 %r1, 0; "
                  + guard
                  + "ld.global."
                  + type
                  + " %r1, [%in]; st.global.u32 [%mine], %r1;",
              32,
              new int[] {0x7fff81f0},
              0);
      assertThat(out[0]).isEqualTo(Long.decode(expected).intValue());
    }
  }

  @Test
  void narrowStoresLeaveTheirNeighbours() {
    int[] out =
        lab.run(
            4,
            """
            mov.u32 %r1, 0x12345678;
            cvt.u16.u32 %h1, %r1;
            st.global.u8 [%mine+1], %r1;
            st.global.u16 [%mine+2], %h1;
            """);
    assertThat(out).containsOnly(0x567878ef);
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
            ld.const.u32 %r3, [%r4+8];
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

  /** A policy is an opaque register that changes nothing. */
  @Test
  void cachePoliciesAndHintsAreAccepted() {
    int[] out =
        lab.run(
            32,
            """
            createpolicy.fractional.L2::evict_last.b64 %rd1, 0.5;
            createpolicy.range.global.L2::evict_last.L2::evict_first.b64 %rd2, [%out], 64, 128;
            createpolicy.cvt.L2.b64 %rd3, %rd2;
            prefetch.global.L2 [%mine];
            prefetchu.L1 [%mine];
            prefetch.global.L2::evict_last [%mine];
            applypriority.global.L2::evict_normal [%out], 128;
            st.global.L2::cache_hint.b32 [%mine], %t, %rd1;
            atom.global.add.L2::cache_hint.u32 %r1, [%mine], 100, %rd1;
            red.global.add.L2::cache_hint.u32 [%mine], 1000, %rd1;
            ld.global.nc.L1::no_allocate.L2::cache_hint.L2::128B.u32 %r1, [%mine], %rd2;
            add.u32 %r1, %r1, 10000;
            st.global.L1::evict_last.b32 [%mine], %r1;
            """);
    assertThat(out).isEqualTo(IntStream.range(0, 32).map(t -> t + 11_100).toArray());
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

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ld.global.u32 %h1, [%out];",
        "st.global.b64 [%out], %r1;",
        "ld.global.v8.b64 {%rd1,%rd2,%rd3,%rd4,%rd5,%rd6,%rd7,%rd8}, [%out];",
        "ld.global.v4.b32 {%r1,%r2}, [%out];",
        "st.const.u32 [%out], %r1;",
        "ld.global.u32 %r1, [%out], %rd1;",
        "ld.global.u32 %r1, [%r2];",
        "mov.b64 {%r1,%r2,%r3}, %rd1;",
        "prefetch.param.tensormap [%out];"
      })
  void whatTheManualForbidsIsRefused(String code) {
    assertThatThrownBy(() -> lab.run(32, code))
        .isInstanceOf(DeviceFault.UnsupportedInstruction.class);
  }

  /** Lanes that stand aside may hold any address. */
  @ParameterizedTest
  @ValueSource(ints = {3, 12, 31})
  void idleLanesAccessNothing(int active) {
    int[] out =
        lab.run(
            Launch.of(1, 32),
            """
            setp.lt.u32 %p1, %t, %n;
            mov.u64 %rd1, 4;
            @%p1 mov.u64 %rd1, %mine;
            mov.u32 %r1, 77;
            @%p1 st.global.u32 [%rd1], %t;
            @%p1 ld.global.u32 %r1, [%rd1];
            @%p1 ld.global.u64 %rd1, [%in];
            add.u32 %r1, %r1, 1;
            cvt.u32.u64 %r2, %rd1;
            add.u32 %r1, %r1, %r2;
            st.global.u32 [%mine], %r1;
            """,
            32,
            new int[] {1000, 0},
            active);
    int[] expected = IntStream.range(0, 32).map(t -> t < active ? t + 1001 : 77 + 1 + 4).toArray();
    assertThat(out).isEqualTo(expected);
  }

  /** Eight words of each thread, indexed by its own number, under several masks. */
  @ParameterizedTest
  @CsvSource({"32, local", "32, generic", "20, local", "20, generic", "4, local", "4, generic"})
  void indexedLocalMemory(int active, String how) {
    String space = how.equals("local") ? ".local" : "";
    int[] out =
        lab.run(
            Launch.of(1, 32),
            """
            .local .align 16 .b32 a[8];
            mov.u64 %rd1, a;
            CONVERT
            and.b32 %r1, %t, 7;
            mul.wide.u32 %rd2, %r1, 4;
            add.u64 %rd2, %rd2, %rd1;
            mov.u32 %r2, 7;
            stS.v4.u32 [%rd1], {%r2, %r2, %r2, %r2};
            stS.v4.u32 [%rd1+16], {%r2, %r2, %r2, %r2};
            setp.lt.u32 %p1, %t, %n;
            @%p1 stS.u32 [%rd2], %t;
            ldS.v4.u32 {%r3, %r4, %r5, %r6}, [%rd1];
            @%p1 ldS.v4.u32 {%r7, %r8, %r9, %r10}, [%rd1+16];
            @!%p1 mov.u32 %r7, 0;
            add.u32 %r3, %r3, %r4;
            add.u32 %r3, %r3, %r5;
            add.u32 %r3, %r3, %r6;
            add.u32 %r3, %r3, %r7;
            @%p1 add.u32 %r3, %r3, %r8;
            @%p1 add.u32 %r3, %r3, %r9;
            @%p1 add.u32 %r3, %r3, %r10;
            st.global.u32 [%mine], %r3;
            """
                .replace("CONVERT", how.equals("local") ? "" : "cvta.local.u64 %rd1, %rd1;")
                .replace("stS", "st" + space)
                .replace("ldS", "ld" + space),
            32,
            new int[0],
            active);
    int[] expected = IntStream.range(0, 32).map(t -> t < active ? 7 * 7 + t : 4 * 7).toArray();
    assertThat(out).isEqualTo(expected);
  }

  /** One lane among many is wrong: it is the one that is named. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "@%p1 ld.local.u32 %r2, [%rd1];",
        "ld.local.u32 %r2, [%rd1];",
        "@%p1 st.u32 [%rd2], %r2;",
        "st.u32 [%rd2], %r2;"
      })
  void oneLaneOutsideItsLocalMemoryIsFound(String access) {
    assertThatThrownBy(
            () ->
                lab.run(
                    32,
                    """
                    .local .align 16 .b32 a[4];
                    mov.u64 %rd1, a;
                    setp.ne.u32 %p1, %t, 3;
                    setp.eq.u32 %p2, %t, 17;
                    @%p2 add.u64 %rd1, %rd1, 16;
                    cvta.local.u64 %rd2, %rd1;
                    mov.u32 %r2, 5;
                    st.local.v4.u32 [a], {%r2, %r2, %r2, %r2};
                    """
                        + access))
        .isInstanceOfSatisfying(
            DeviceFault.IllegalAddress.class,
            fault -> assertThat(fault.site().thread().x()).isEqualTo(17));
  }
}
