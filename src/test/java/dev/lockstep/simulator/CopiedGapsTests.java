package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.DeviceFault;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
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

  @Test
  void aValueNobodyGaveDoesNotLeave() {
    String bug = "ld.u32 %r1, [%rd2+4]; st.u32 [%mine], %r1;";
    assertThatThrownBy(() -> lab.run(2, STRUCTURE + bug))
        .isInstanceOf(DeviceFault.UninitializedRead.class)
        .hasMessageContaining("register %r1, loaded from local memory that nobody has written")
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
    assertThatThrownBy(
            () -> lab.run(2, STRUCTURE + "st.u8 [%rd2], %h9; ld.u8 %r1, [%rd2]; neg.s32 %r1, %r1;"))
        .isInstanceOf(DeviceFault.UninitializedRead.class);
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
        "ld.u32 %r1, [%rd2]; and.b32 %r2, %r1, -8; st.u32 [%rd2+4], %r2;",
        "ld.u32 %r1, [%rd2]; or.b32 %r2, %r1, 8; st.u32 [%rd2], %r2;",
        "ld.u32 %r1, [%rd2]; and.b32 %r2, %r1, -8; st.u32 [%rd2], %r2; add.s32 %r3, %r1, 1;",
        "ld.u32 %r1, [%rd2]; and.b32 %r2, %r1, -8; add.s64 %rd2, %rd2, 4; st.u32 [%rd2], %r2;"
      })
  void otherUsesOfWhatNobodyWroteAreFound(String use) {
    assertThatThrownBy(() -> lab.run(2, STRUCTURE + use))
        .isInstanceOf(DeviceFault.UninitializedRead.class);
  }
}
