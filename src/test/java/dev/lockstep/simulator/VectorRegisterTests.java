package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Registers of several elements: declared, moved as a whole, and handed to functions. */
class VectorRegisterTests {
  private final Lab lab = new Lab();

  @AfterEach
  void close() {
    lab.close();
  }

  /** What a thread makes of its number: 7 t + 3. */
  private int[] run(String body) {
    return lab.run(5, body + " st.global.u32 [%mine], %r1;");
  }

  private static final int[] EXPECTED = {3, 10, 17, 24, 31};

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // One after another, the second move would read what the first wrote.
        ".v2 .u32 v     | mov.v2.u32 v, {%t, 3}; mov.v2.u32 v, {v.y, v.x};"
            + " mad.lo.u32 %r1, v.y, 7, v.x;",
        ".v4 .u16 v<2>  | cvt.u16.u32 %h1, %t; mov.v4.u16 v0, {3, 7, %h1, 0};"
            + " mov.v4.u16 v1, v0; mov.v4.u16 v1, {v1.z, v1.x, v1.y, v1.w};"
            + " mad.lo.u16 v1.w, v1.x, v1.z, v1.y; cvt.u32.u16 %r1, v1.a;",
        ".v2 .f32 v, w  | cvt.rn.f32.u32 v.x, %t; mov.v2.f32 w, {0f40e00000, v.x};"
            + " fma.rn.f32 w.x, w.r, w.g, 0f40400000; cvt.rzi.u32.f32 %r1, w.x;",
        ".v2 .f64 v     | cvt.rn.f64.u32 %fd1, %t; mov.v2.f64 v, {%fd1, 0d401c000000000000};"
            + " mov.v2.f64 {%fd2, _}, v; fma.rn.f64 %fd2, %fd2, v.y, 0d4008000000000000;"
            + " cvt.rzi.u32.f64 %r1, %fd2;",
        ".v2 .b16 v<12> | mov.b32 v11, %t; cvt.u32.u16 %r2, v11.x; mad.lo.u32 %r1, %r2, 7, 3;",
        // The inner name hides the vector, not its elements' places.
        ".v2 .u32 v     | mov.v2.u32 v, {%t, 3}; { .reg .v2 .u32 v<1>; mov.v2.u32 v0, {1, 1}; }"
            + " mad.lo.u32 %r1, v.x, 7, v.y;",
      })
  void elementsMoveTogether(String declaration, String body) {
    assertThat(run(".reg " + declaration + "; " + body)).isEqualTo(EXPECTED);
  }

  @Test
  void guardedMovesLeaveTheOtherThreadsElements() {
    int[] out =
        run(
            ".reg .v2 .u32 v; setp.lt.u32 %p1, %t, 3; mov.v2.u32 v, {3, %t};"
                + " @%p1 mov.v2.u32 v, {v.y, v.x}; mad.lo.u32 %r1, v.x, 7, v.y;");
    assertThat(out).containsExactly(3, 10, 17, 7 * 3 + 3, 7 * 3 + 4);
  }

  @Test
  void functionsTakeAndReturnVectors() {
    lab.declare(
        ".func (.reg .v2 .u32 r) twist(.reg .v4 .u16 a, .reg .u32 b)"
            + " { cvt.u32.u16 r.y, a.w; add.u32 r.y, r.y, b; cvt.u32.u16 r.x, a.x; ret; }");
    assertThat(
            run(
                ".reg .v4 .u16 v; .reg .v2 .u32 w; cvt.u16.u32 %h1, %t;"
                    + " mov.v4.u16 v, {3, 0, 0, %h1}; mul.lo.u32 %r2, %t, 6;"
                    + " call (w), twist, (v, %r2); add.u32 %r1, w.x, w.y;"))
        .isEqualTo(EXPECTED);
  }

  @Test
  void elementsThatAreNotThereAreUnknownNames() {
    for (String use : new String[] {"v.z", "v2.x", "w2", "v.s", "v.xy"}) {
      assertThatThrownBy(() -> lab.load(".reg .v2 .u32 v, w<2>; mov.u32 %r1, " + use + ";"))
          .as(use)
          .hasMessageContaining("undeclared name " + use);
    }
  }

  @Test
  void registersHoldTwoOrFourElements() {
    assertThatThrownBy(() -> lab.load(".reg .v8 .u32 v;"))
        .hasMessageContaining("a vector in registers has 2 or 4 elements, not 8");
    assertThatThrownBy(() -> run(".reg .v4 .u32 v; mov.v2.u32 v, {%t, %t};"))
        .hasMessageContaining("an operand of 4 elements where 2 belong");
  }
}
