package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.DeviceFault;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Operands that are sums of a register and a constant. */
class SumOperandTests {
  private final Lab lab = new Lab();

  @AfterEach
  void close() {
    lab.close();
  }

  /** The sum is as wide as the register and wraps like it. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mov.u32 %r1, %t+5;                                                      | 8",
        "mov.u32 %r1, %t + -4;                                                   | -1",
        "add.s32 %r1, %t+1, %t+(1<<4);                                           | 23",
        "add.s32 %r1, %t+1+2*3, %t;                                              | 13",
        "mov.b32 %r1, %t+8-4;                                                    | 7",
        "mov.b32 %r1, %t+8-1<<1;                                                 | 17",
        "mul.wide.u32 %rd1, %t+-4, 2; shr.u64 %rd1, %rd1, 32; cvt.u32.u64 %r1, %rd1; | 1",
        "cvt.u64.u32 %rd1, %t; shr.u64 %rd1, %rd1+0x100000000, 32; cvt.u32.u64 %r1, %rd1; | 1",
        "cvt.u16.u32 %h1, %t; shr.u16 %h1, %h1+0xfffc, 4; cvt.u32.u16 %r1, %h1;  | 4095",
        "setp.eq.and.u32 %p1, %t+1, %t+1, 1; selp.u32 %r1, %t+2, %t+3, %p1;      | 5",
        "mov.b32 %r2, 0; setp.ne.u32 %p1, %t, 3; @%p1 add.s32 %r2, %i+1, %r2; mov.u32 %r1, %r2; |"
            + " 0",
        "atom.global.add.u32 %r2, [%mine], %t+1; ld.global.u32 %r1, [%mine];     | -559038733"
      })
  void registerPlusConstant(String code, int expected) {
    int[] out = lab.run(32, code + " st.global.u32 [%mine], %r1+0;");
    assertThat(out[3]).isEqualTo(expected);
  }

  @Test
  void whatIsStoredMayBeASum() {
    int[] out =
        lab.run(
            32,
            """
            .local .align 8 .b8 own[8];
            mul.wide.u32 %rd1, %t, 3;
            st.local.u64 [own], %rd1 + 1;
            ld.local.u32 %r1, [own];
            mov.u32 %r2, 1;
            bar.sync %r2+1, 32;
            st.global.u32 [%mine], %r1+-1;
            """);
    assertThat(out[7]).isEqualTo(21);
  }

  /** A sum that a false guard leaves alone reads nothing; one that is taken does. */
  @Test
  void sumsAreUnderTheGuardOfTheirInstruction() {
    String code = "mov.u32 %%r2, 9; setp.%s.u32 %%p1, %%t, 99; @%%p1 mov.u32 %%r2, %%r1+1;";
    String store = "st.global.u32 [%mine], %r2;";
    assertThat(lab.run(32, code.formatted("gt") + store)).containsOnly(9);
    assertThatThrownBy(() -> lab.run(32, code.formatted("lt") + store))
        .isInstanceOf(DeviceFault.UninitializedRead.class)
        .hasMessageContaining("register %r1");
  }
}
