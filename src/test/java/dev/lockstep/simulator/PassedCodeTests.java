package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.ExecutionTier;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Short code that a branch passes over, in the second tier: some lanes of a full warp execute it.
 */
class PassedCodeTests {
  private static final int LANES = 32;

  private final Lab lab = new Lab(DeviceOptions.defaults().withTier(ExecutionTier.COMPILED));

  @AfterEach
  void close() {
    lab.close();
  }

  /**
   * Has lanes from one on, up to another, execute code; they all have a word that is their number.
   */
  private int[] run(String before, int from, int to, String code, String result) {
    return lab.declare(".shared .b32 s[32];")
        .run(
            LANES,
            """
            mov.u32 %%r1, s; mad.lo.s32 %%r2, %%t, 4, %%r1; st.shared.u32 [%%r2], %%t; bar.sync 0;
            %s
            sub.u32 %%r0, %%t, %d; setp.ge.u32 %%p1, %%r0, %d; @%%p1 bra L;
            %s
            L: bar.sync 0; %s
            st.global.u32 [%%mine], %%r9;
            """
                .formatted(before, from, to - from, code, result));
  }

  private static int[] expected(int from, int to, IntUnaryOperator inside, IntUnaryOperator else_) {
    return IntStream.range(0, LANES)
        .map(i -> i >= from && i < to ? inside.applyAsInt(i) : else_.applyAsInt(i))
        .toArray();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 16, 31, 32})
  void firstLanesStoreTheirs(int count) {
    String code = "ld.shared.u32 %r3, [%r2]; mad.lo.u32 %r3, %r3, 3, 5; st.shared.u32 [%r2], %r3;";
    assertThat(run("", 0, count, code, "ld.shared.u32 %r9, [%r2];"))
        .isEqualTo(expected(0, count, i -> 3 * i + 5, i -> i));
  }

  @Test
  void lanesInTheMiddleStoreTheirs() {
    String code = "ld.shared.u32 %r3, [%r2]; not.b32 %r3, %r3; st.shared.u32 [%r2], %r3;";
    assertThat(run("", 5, 13, code, "ld.shared.u32 %r9, [%r2];"))
        .isEqualTo(expected(5, 13, i -> ~i, i -> i));
  }

  @ParameterizedTest
  @ValueSource(strings = {"8", "16"})
  void narrowStoresTouchOnlyTheirOwn(String bits) {
    int bytes = Integer.parseInt(bits) / 8;
    String code =
        "mad.lo.s32 %%r4, %%t, %d, %%r1; mov.u32 %%r5, 255; st.shared.u%s [%%r4], %%r5;"
            .formatted(bytes, bits);
    int[] out = run("", 3, 6, code, "ld.shared.u32 %r9, [%r2];");
    byte[] memory = new byte[4 * LANES];
    for (int i = 0; i < LANES; i++) {
      memory[4 * i] = (byte) i;
    }
    for (int i = 3; i < 6; i++) {
      memory[bytes * i] = (byte) 255;
      if (bytes == 2) {
        memory[2 * i + 1] = 0;
      }
    }
    assertThat(out)
        .isEqualTo(
            IntStream.range(0, LANES)
                .map(
                    i ->
                        memory[4 * i] & 0xff
                            | (memory[4 * i + 1] & 0xff) << 8
                            | (memory[4 * i + 2] & 0xff) << 16
                            | (memory[4 * i + 3] & 0xff) << 24)
                .toArray());
  }

  @Test
  void lanesThatPassByKeepWhatTheyWant() {
    String before = "mov.u32 %r8, 7; add.s32 %r7, %t, 100;";
    String code = "ld.shared.u32 %r8, [%r2]; add.s32 %r7, %r7, %r8;";
    assertThat(run(before, 4, 9, code, "mad.lo.s32 %r9, %r8, 1000, %r7;"))
        .isEqualTo(expected(4, 9, i -> 1000 * i + i + 100 + i, i -> 7100 + i));
  }

  @Test
  void lanesThatPassByMayPointAnywhere() {
    // All but the first four have addresses outside of shared memory.
    String before = "mad.lo.s32 %r6, %t, 60, %r1;";
    String code = "ld.shared.u32 %r3, [%r6]; add.s32 %r3, %r3, 1; st.shared.u32 [%r6], %r3;";
    assertThat(run(before, 0, 3, code, "ld.shared.u32 %r9, [%r2];"))
        .isEqualTo(IntStream.range(0, LANES).map(i -> i < 45 && i % 15 == 0 ? i + 1 : i).toArray());
  }

  @Test
  void aLaneThatDoesNotPassByFaults() {
    String before = "mad.lo.s32 %r6, %t, 60, %r1;";
    String code = "ld.shared.u32 %r3, [%r6]; st.shared.u32 [%r2], %r3;";
    assertThatThrownBy(() -> run(before, 0, 4, code, ""))
        .isInstanceOf(DeviceFault.IllegalAddress.class)
        .hasMessageContaining("thread (3,0,0)");
  }
}
