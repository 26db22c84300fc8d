package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.Launch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Structures in local memory, as {@code nvcc -G} handles them: copied word by word with the
 * padding, their bit fields filled in one by one. Nothing without a value is used by that.
 */
class CopiedGapsTests {
  /** {@code struct { char c; short s; int i; }} at a and b, of which byte 1 is padding. */
  private static final String STRUCTURE =
      ".local .align 8 .b8 a[8]; .local .align 8 .b8 b[8];"
          + " mov.u64 %rd1, a; cvta.local.u64 %rd1, %rd1;"
          + " mov.u64 %rd2, b; cvta.local.u64 %rd2, %rd2;"
          + " mov.u16 %h1, 7; st.u8 [%rd1], %h1; st.u16 [%rd1+2], %h1; st.u32 [%rd1+4], %t;";

  private static final String COPY =
      " ld.u32 %r1, [%rd1]; ld.u32 %r2, [%rd1+4]; mov.b32 %r3, %r1;"
          + " st.u32 [%rd2], %r3; st.u32 [%rd2+4], %r2;";

  /** The same in shared memory, one for each thread. */
  private static final String SHARED_STRUCTURE =
      ".shared .align 8 .b8 a[16]; mov.u32 %r1, a; mad.lo.s32 %r1, %t, 8, %r1; mov.u16 %h1, 7;"
          + " st.shared.u8 [%r1], %h1; st.shared.u16 [%r1+2], %h1; st.shared.u32 [%r1+4], %t;\n";

  private static final String USE = " add.s32 %r3, %r3, 1; st.global.u32 [%mine], %r3;";

  private static final int[] IN = {0};

  private final Lab lab = new Lab();

  @AfterEach
  void close() {
    lab.close();
  }

  @Test
  void paddingIsCopiedWithAStructure() {
    assertThat(
            lab.run(
                2,
                STRUCTURE
                    + COPY
                    + "ld.u8 %r4, [%rd2]; ld.u32 %r5, [%rd2+4]; add.s32 %r4, %r4, %r5;"
                    + " st.u32 [%mine], %r4;"))
        .containsExactly(7, 8);
  }

  /** The copy knows what the structure knew: nothing of the byte between c and s. */
  @ParameterizedTest
  @ValueSource(strings = {"ld.u8 %r4, [%rd2+1];", "ld.u32 %r4, [%rd2]; add.s32 %r4, %r4, 1;"})
  void paddingIsNotUsed(String use) {
    assertThatThrownBy(() -> lab.run(2, STRUCTURE + COPY + use + " st.global.u32 [%mine], %r4;"))
        .isInstanceOf(DeviceFault.UninitializedRead.class)
        .hasMessageContaining("local memory");
  }

  @Test
  void aStructureLeavesWithItsPadding() {
    lab.run(
        2,
        STRUCTURE
            + "ld.u32 %r1, [%rd1];"
            + " ld.u32 %r2, [%rd1+4]; st.u32 [%out], %r1; st.u32 [%out+4], %r2;");
  }

  /** What the pragma says is unused may be without a value, and what no instruction reads. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        ".pragma \"used_bytes_mask 13\"; ld.shared.u32 %r2, [%r1]; and.b32 %r3, %r2, 0xffff00ff;",
        ".pragma \"used_bytes_mask 0x0fd\"; ld.shared.v2.u32 {%r2, %r3}, [%r1];"
            + " add.s32 %r3, %r2, %r3;",
        "ld.shared.v4.u8 {%r3, %r4, %r5, %r6}, [%r1]; add.s32 %r3, %r3, %r5;",
        "ld.shared.v4.u8 {%r3, _, %r5, %r6}, [%r1]; add.s32 %r3, %r3, %r5; add.s32 %r3, %r3, %r6;",
        "ld.shared.v2.u32 {%r2, %r3}, [%r1];"
      })
  void whatALoadBringsAlongNeedsNoValue(String load) {
    lab.run(2, SHARED_STRUCTURE + load + " st.global.u32 [%mine], %r3;");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ".pragma \"used_bytes_mask 15\"; ld.shared.u32 %r3, [%r1];",
        ".pragma \"used_bytes_mask 3\"; ld.shared.u32 %r3, [%r1];",
        // The pragma spoke of the first.
        ".pragma \"used_bytes_mask 13\"; ld.shared.u32 %r2, [%r1]; ld.shared.u32 %r3, [%r1];",
        "ld.shared.v4.u8 {%r3, %r4, %r5, %r6}, [%r1]; add.s32 %r3, %r3, %r4;",
        "ld.shared.v2.u32 {%r3, %r2}, [%r1];"
      })
  void whatALoadUsesNeedsOne(String load) {
    assertThatThrownBy(() -> lab.run(2, SHARED_STRUCTURE + load + " st.global.u32 [%mine], %r3;"))
        .isInstanceOf(DeviceFault.UninitializedRead.class)
        .hasMessageContaining("shared address");
  }

  /** Byte 1 of what is loaded has no value. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "and.b32 %r3, %r2, 0xffff00ff;",
        "shr.u32 %r3, %r2, 16;",
        "shr.s32 %r3, %r2, 16;",
        "and.b32 %r4, %r2, 0xff; shl.b32 %r3, %r4, 8;",
        "shf.l.wrap.b32 %r3, %r2, %t, 16;",
        "shf.r.wrap.b32 %r3, %t, %r2, 8;",
        "bfe.u32 %r3, %r2, 0, 8;",
        "bfe.s32 %r3, %r2, 16, 9;",
        "bfi.b32 %r3, %t, %r2, 8, 8;",
        "bfi.b32 %r3, %r2, %t, 8, 8;",
        "or.b32 %r3, %r2, 0xff00;",
        "prmt.b32 %r3, %r2, %t, 0xb230;",
        "mov.u32 %r5, 0x4320; prmt.b32 %r3, %r2, %t, %r5;",
        "mov.b32 {%h3, %h4}, %r2; cvt.u32.u16 %r3, %h4;",
        "cvt.u32.u8 %r3, %r2;",
        "cvt.u64.u32 %rd1, %r2; shr.u64 %rd2, %rd1, 16; cvt.u32.u64 %r3, %rd2;",
        "setp.eq.s32 %p1, %t, 0; selp.b32 %r4, %r2, %t, %p1; and.b32 %r3, %r4, 1;",
        "mov.v2.u32 {%r3, %r5}, {%t, %r2};",
        "mov.u32 %r5, 1; add.s32 %r5, %r5, 0x431f; prmt.b32 %r3, %r2, %t, %r5;",
        "add.s32 %r4, %r2, %t; and.b32 %r3, %r4, 0xff;",
        "lop3.b32 %r3, %r2, 0xffff00ff, 0, 0xc0;",
        "add.f16x2 %r4, %r2, %r2; shr.u32 %r3, %r4, 16;",
        "setp.ne.s32 %p1, %r2, %t; selp.u32 %r3, 1, 2, %p1;",
        "setp.eq.s32 %p1, %t, %t; setp.lt.or.s32 %p2, %r2, 9, %p1; selp.u32 %r3, 1, 2, %p2;",
      })
  void whatIsLeftOutOfAWordNeedsNoValue(String moved) {
    lab.run(2, SHARED_STRUCTURE + "ld.shared.u32 %r2, [%r1]; " + moved + USE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "and.b32 %r3, %r2, 0x100;",
        "shr.u32 %r3, %r2, 15;",
        "shl.b32 %r3, %r2, 16;",
        "shl.b32 %r3, %r2, %t;",
        "shf.l.wrap.b32 %r3, %r2, %t, 17;",
        "shf.r.wrap.b32 %r3, %t, %r2, 9;",
        "bfe.u32 %r3, %r2, 0, 9;",
        "bfe.s32 %r3, %r2, 8, 1;",
        "bfi.b32 %r3, %t, %r2, 8, 7;",
        "bfi.b32 %r3, %r2, %t, 8, 9;",
        "or.b32 %r3, %r2, 0xfe00;",
        "prmt.b32 %r3, %r2, %t, 0x9230;",
        "prmt.b32 %r3, %r2, %t, 0x4310;",
        "prmt.b32 %r3, %r2, 0, %t;",
        "mov.b32 {%h3, %h4}, %r2; cvt.u32.u16 %r3, %h3;",
        "cvt.s32.s16 %r3, %r2;",
        "mov.v2.u32 {%r4, %r3}, {%t, %r2};",
        "mov.u32 %r5, 1; add.s32 %r5, %r5, 0x430f; prmt.b32 %r3, %r2, %t, %r5;",
        "add.s32 %r4, %r2, %t; and.b32 %r3, %r4, 0x10000;",
        "lop3.b32 %r3, %r2, 0x100, 0, 0xc0;",
        "add.f16x2 %r4, %r2, %r2; and.b32 %r3, %r4, 0xffff;",
        "setp.ne.s32 %p1, %r2, 0x70107; selp.u32 %r3, 1, 2, %p1;",
        "setp.lt.s32 %p1, %r2, 9; setp.eq.and.s32 %p2, %t, %t, %p1; selp.u32 %r3, 1, 2, %p2;",
        "and.b32 %r3, %r2, 0xffff00ff; setp.lt.s32 %p1, %r2, 9; @%p1 mov.u32 %r3, 1;",
      })
  void whatIsKeptOfAWordNeedsOne(String moved) {
    assertThatThrownBy(
            () -> lab.run(2, SHARED_STRUCTURE + "ld.shared.u32 %r2, [%r1]; " + moved + USE))
        .isInstanceOf(DeviceFault.UninitializedRead.class)
        .hasMessageContaining("4 bytes at shared address")
        .hasMessageContaining("byte 1 of it was never written")
        .hasMessageContaining("ld.shared.u32 %r2, [%r1];");
  }

  /** Where the structure was copied to, its padding has no value, either. */
  @ParameterizedTest
  @ValueSource(strings = {"shared", "global"})
  void paddingIsCopiedThroughAnyMemory(String space) {
    String copy =
        (space.equals("shared")
                ? "add.u32 %r6, %r1, 16; cvt.u64.u32 %rd2, %r6; cvta.shared.u64 %rd2, %rd2;"
                : "mad.wide.u32 %rd2, %t, 4, %mine;")
            + " cvt.u64.u32 %rd1, %r1; cvta.shared.u64 %rd1, %rd1;"
            + " ld.u32 %r2, [%rd1]; ld.u32 %r3, [%rd1+4];"
            + " st.u32 [%rd2], %r2; st.u32 [%rd2+4], %r3; bar.warp.sync -1;\n";
    Launch launch = Launch.of(1, 2);
    String own = SHARED_STRUCTURE.replace("a[16]", "a[32]");
    lab.run(launch, own + copy + "ld.u8 %r3, [%rd2]; ld.u32 %r4, [%rd2+4];" + USE, 8, IN, 0);
    assertThatThrownBy(() -> lab.run(launch, own + copy + "ld.u32 %r3, [%rd2];" + USE, 8, IN, 0))
        .isInstanceOf(DeviceFault.UninitializedRead.class)
        .hasMessageContaining("byte 1 of it was never written")
        // In shared memory it is known where what was stored came from.
        .hasMessageContaining(
            space.equals("shared") ? "ld.u32 %r2, [%rd1];" : "ld.u32 %r3, [%rd2];");
  }

  @Test
  void aValueNobodyGaveDoesNotLeave() {
    String bug = "ld.u32 %r1, [%rd2+4]; st.u32 [%mine], %r1;";
    assertThatThrownBy(() -> lab.run(2, STRUCTURE + bug))
        .isInstanceOf(DeviceFault.UninitializedRead.class)
        .hasMessageContaining("offset 12 of local memory; nobody has written there")
        .hasMessageContaining("thread (0,0,0) stores it at PTX line")
        .hasMessageContaining("st.u32 [%mine], %r1;");
    lab.run(2, STRUCTURE + COPY + bug);
  }

  /** An empty structure is a byte that is never set. */
  @Test
  void aRegisterNeverSetMayBeKeptButNotLeave() {
    lab.run(2, STRUCTURE + "st.u8 [%rd2], %h9; ld.u8 %h2, [%rd2]; st.u8 [%rd2+1], %h2;");
    assertThatThrownBy(() -> lab.run(2, STRUCTURE + "st.u32 [%mine], %r9;"))
        .isInstanceOf(DeviceFault.UninitializedRead.class)
        .hasMessageContaining("register %r9, which the thread has never set");
    assertThatThrownBy(() -> lab.run(2, STRUCTURE + "st.u8 [%rd2], %h9; ld.u8 %r3, [%rd2];" + USE))
        .isInstanceOf(DeviceFault.UninitializedRead.class);
  }

  /** Vectors of three elements are stored as such of four; registers from %r9 on are never set. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      nullValues = "-",
      value = {
        "v4.b32 [%rd3], {%t, %t, %t, %r9}; ~ -",
        "v4.b32 [%rd3], {%t, %t, %r10, %r9}; ~ %r10",
        "v4.b32 [%rd3], {%t, %r9, %t, %t}; ~ %r9",
        "v4.b32 [%rd3], {%r9, %r10, %r11, %r12}; ~ %r9",
        "v2.b32 [%rd3], {%r9, %r10}; ~ %r9",
        "v2.b32 [%rd3], {%t, %r9}; ~ %r9",
        "b32 [%rd3], %r9; ~ %r9"
      })
  void aVectorIsFilledUpWithWhatIsSetNowhere(String store, String register) {
    String body = "mad.wide.u32 %rd3, %t, 16, %out; st.global." + store;
    if (register == null) {
      assertThat(lab.run(Launch.of(1, 2), body, 8, IN, 0)).startsWith(0, 0, 0).contains(1);
    } else {
      assertThatThrownBy(() -> lab.run(Launch.of(1, 2), body, 8, IN, 0))
          .isInstanceOf(DeviceFault.UninitializedRead.class)
          .hasMessageContaining("register " + register + ", which the thread has never set");
    }
  }

  /** A register that is set on another way is no filling. */
  @Test
  void aVectorIsNotFilledUpWithWhatOthersSet() {
    String body =
        "setp.eq.s32 %p1, %t, 0; @%p1 mov.u32 %r9, 1; mad.wide.u32 %rd3, %t, 16, %out;"
            + " st.global.v4.b32 [%rd3], {%t, %t, %t, %r9};";
    assertThatThrownBy(() -> lab.run(Launch.of(1, 2), body, 8, IN, 0))
        .isInstanceOf(DeviceFault.UninitializedRead.class)
        .hasMessageContaining("thread (1,0,0)");
  }

  @Test
  void bitFieldsAreFilledInOneByOne() {
    assertThat(
            lab.run(
                2,
                STRUCTURE
                    + "ld.u32 %r1, [%rd2]; and.b32 %r2, %r1, -8; or.b32 %r3, %r2, 5;"
                    + " st.u32 [%rd2], %r3; ld.u32 %r4, [%rd2]; and.b32 %r5, %r4, 7;"
                    + " st.global.u32 [%mine], %r5;"))
        .containsExactly(5, 5);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // Kept elsewhere, not masked, or used besides.
        "ld.u32 %r1, [%rd2]; and.b32 %r2, %r1, -8; st.u32 [%rd2+4], %r2; ld.u32 %r3, [%rd2+4];",
        "ld.u32 %r1, [%rd2]; or.b32 %r2, %r1, 8; st.u32 [%rd2], %r2; ld.u32 %r3, [%rd2];",
        "ld.u32 %r3, [%rd2]; and.b32 %r2, %r3, -8; st.u32 [%rd2], %r2;",
        "ld.u32 %r1, [%rd2]; and.b32 %r2, %r1, -8; st.u32 [%rd2], %r2; ld.u32 %r3, [%rd2];"
      })
  void otherUsesOfWhatNobodyWroteAreFound(String use) {
    assertThatThrownBy(() -> lab.run(2, STRUCTURE + use + USE))
        .isInstanceOf(DeviceFault.UninitializedRead.class);
  }
}
