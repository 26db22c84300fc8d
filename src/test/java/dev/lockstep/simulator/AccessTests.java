package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.Launch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Loads and stores: by pattern, width, active lanes and hint. */
class AccessTests {
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

  /** Eight halves are 16 bytes, as four words are. */
  @Test
  void vectorsOfEightHalvesGoThereAndBack() {
    int[] out =
        lab.run(
            Launch.of(1, 1),
            """
            ld.global.v8.b16 {%h0,%h1,%h2,%h3,%h4,%h5,%h6,%h7}, [%in];
            st.global.v8.s16 [%out], {%h7,%h6,%h5,%h4,%h3,%h2,%h1,%h0};
            """,
            4,
            new int[] {0x1_0000, 0x3_0002, 0x5_0004, 0x7_0006},
            0);
    assertThat(out).containsExactly(0x6_0007, 0x4_0005, 0x2_0003, 1);
  }

  /** A register may be wider than what it takes, which is extended, and than what it gives. */
  @ParameterizedTest
  @CsvSource({
    "ld.global.s32, st.global.v2.b64, -2, -1, -1, -1",
    "ld.global.u32, st.global.v2.b64, -2, 0, 0, 0",
    "ld.global.s64, st.global.v2.b64, -2, -3, -1, -1",
    "ld.global.b64, st.global.v2.b64, -2, -3, 0, 0",
    "ld.global.f32, st.global.v2.b64, -2, 0, 0, 0",
    "ld.global.s8,  st.global.v2.b64, -2, -1, -1, -1",
    "ld.global.b64, st.global.u64, -2, -3, 0xdeadbeef, 0xdeadbeef",
    "ld.global.b64, st.global.f32, -2, 0xdeadbeef, 0xdeadbeef, 0xdeadbeef",
  })
  void registersOf128BitsMeetNarrowerMemory(
      String load, String store, String word0, String word1, String word2, String word3) {
    String stored = store.contains("v2") ? "{%rd1, %rd2}" : "%q";
    int[] out =
        lab.run(
            Launch.of(1, 1),
            ".reg .b128 %%q; %s %%q, [%%in]; mov.b128 {%%rd1, %%rd2}, %%q; %s [%%out], %s;"
                .formatted(load, store, stored),
            4,
            new int[] {-2, -3},
            0);
    assertThat(out)
        .containsExactly(
            Long.decode(word0).intValue(),
            Long.decode(word1).intValue(),
            Long.decode(word2).intValue(),
            Long.decode(word3).intValue());
  }

  /** Conversions extend, too. */
  @ParameterizedTest
  @CsvSource({
    "cvt.s64.s32, -1, -1",
    "cvt.u64.s32, -1, 0",
    "cvt.u64.u32, 0, 0",
    "cvt.s32.s64, -1, -1",
    "cvt.u32.u64, 0, 0"
  })
  void conversionsTo128BitsExtend(String opcode, int second, int upper) {
    String source = opcode.endsWith("64") ? "%rd3" : "%r1";
    int[] out =
        lab.run(
            Launch.of(1, 1),
            """
            .reg .b128 %%q;
            mov.b32 %%r1, -2; mov.b64 %%rd3, -2;
            %s %%q, %s;
            mov.b128 {%%rd1, %%rd2}, %%q;
            st.global.v2.b64 [%%out], {%%rd1, %%rd2};
            """
                .formatted(opcode, source),
            4,
            new int[0],
            0);
    assertThat(out).containsExactly(-2, second, upper, upper);
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
