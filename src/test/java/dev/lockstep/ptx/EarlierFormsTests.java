package dev.lockstep.ptx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What older versions and targets leave unsaid, by the notes of the PTX ISA on each instruction.
 */
class EarlierFormsTests {
  /** Columns: version, target, as written, as understood. */
  @ParameterizedTest(name = "{2}, {0} for {1}")
  @CsvSource({
    "1.4, sm_13, add.f32 %f, add.ftz.f32",
    "1.4, sm_13, mul.rn.sat.f32 %f, mul.rn.ftz.sat.f32",
    "1.4, sm_13, setp.lt.f32 %p, setp.lt.ftz.f32",
    "1.4, sm_13, set.lt.u32.f32 %r, set.lt.ftz.u32.f32",
    "1.4, sm_13, slct.f32.f32 %f, slct.ftz.f32.f32",
    "1.4, sm_13, add.ftz.f32 %f, add.ftz.f32",
    "1.4, sm_13, add.f64 %d, add.f64",
    "1.4, sm_13, add.s32 %r, add.s32",
    "1.4, sm_13, mov.f32 %f, mov.f32",
    "1.4, sm_13, ld.global.f32 %f, ld.global.f32",
    "1.4, sm_13, cvt.rzi.s32.f32 %r, cvt.rzi.ftz.s32.f32",
    "1.4, sm_13, cvt.rn.f32.f64 %f, cvt.rn.f32.f64",
    "2.0, sm_13, cvt.rn.f32.f64 %f, cvt.rn.ftz.f32.f64",
    "1.4, sm_13, mad.f32 %f, mad.rn.ftz.f32",
    "7.0, sm_10, mad.f32 %f, mad.rn.ftz.f32",
    "2.3, sm_20, mad.f32 %f, mad.rn.f32",
    "3.1, sm_30, mad.f32 %f, mad.rn.f32",
    "3.2, sm_30, mad.f32 %f, mad.f32",
    "1.3, sm_13, mad.f64 %d, mad.rn.f64",
    "1.4, sm_13, mad.f64 %d, mad.f64",
    "1.3, sm_13, div.f32 %f, div.approx.ftz.f32",
    "1.3, sm_13, div.f64 %d, div.rn.f64",
    "1.3, sm_13, rsqrt.f64 %d, rsqrt.approx.f64",
    "1.3, sm_13, sin.f32 %f, sin.approx.ftz.f32",
    "1.3, sm_13, div.s32 %r, div.s32",
    "1.4, sm_20, div.full.f32 %f, div.full.f32",
    "8.0, sm_80, add.f32 %f, add.f32"
  })
  void completes(String version, String target, String written, String understood) {
    assertThat(first(version, target, written).fullOpcode()).isEqualTo(understood);
  }

  @ParameterizedTest
  @CsvSource({"3.2, sm_30", "6.3, sm_70", "8.0, sm_60"})
  void letsWarpsShuffleWithoutSync(String version, String target) {
    assertThat(first(version, target, "shfl.bfly.b32 %r").fullOpcode()).isEqualTo("shfl.bfly.b32");
  }

  @ParameterizedTest
  @CsvSource({"6.4, sm_70, shfl.bfly.b32", "8.0, sm_90a, shfl.up.b32", "9.0, sm_80, vote.all.pred"})
  void demandsSyncWhereThereIsNothingElse(String version, String target, String instruction) {
    assertThatThrownBy(() -> first(version, target, instruction + " %r"))
        .isInstanceOf(PtxSyntaxException.class)
        .hasMessageContaining(instruction + " lacks .sync")
        .hasMessageContaining("line 5");
  }

  @Test
  void takesParametersFromBodiesBeforeVersion14() {
    PtxKernel kernel =
        PtxParser.parse(
                """
                .version 1.3
                .target sm_10, map_f64_to_f32
                .entry k {
                .reg .u64 %rd<2>;
                .param .s32 n;
                .shared .f32 s[4];
                .param .u64 p;
                .param .align 8 .b8 tail[12];
                ld.param.u64 %rd1, [p];
                exit;
                }
                """)
            .kernels()
            .getFirst();
    assertThat(kernel.parameters())
        .containsExactly(
            new Parameter("n", ScalarType.S32, 0, 4),
            new Parameter("p", ScalarType.U64, 8, 8),
            new Parameter("tail", ScalarType.B8, 16, 12));
    assertThat(kernel.body().variables()).extracting(Variable::name).containsExactly("s");
  }

  @Test
  void hasRegistersOfModulesBeforeVersion3() {
    String text =
        """
        .version %s
        .target sm_20
        .reg .u32 %%ra<17>, one;
        .entry j() { mov.u32 %%ra16, one; }
        .entry k() { mov.u32 %%ra16, one; }
        """;
    List<PtxKernel> kernels = PtxParser.parse(text.formatted("2.3")).kernels();
    assertThat(kernels)
        .hasSize(2)
        .allSatisfy(
            kernel ->
                assertThat(kernel.body().registers())
                    .extracting(Register::toString)
                    .containsExactlyInAnyOrder("one", "%ra16"));
    assertThatThrownBy(() -> PtxParser.parse(text.formatted("3.0")))
        .isInstanceOf(PtxSyntaxException.class)
        .hasMessageContaining("line 3")
        .hasMessageContaining("registers are declared in bodies");
  }

  /** What a kernel and the functions it calls would share, no function has. */
  @Test
  void hidesRegistersOfModulesFromFunctions() {
    assertThatThrownBy(
            () ->
                PtxParser.parse(
                    """
                    .version 2.3
                    .target sm_20
                    .reg .u32 %ra<17>;
                    .func f() { mov.u32 %ra1, 0; }
                    """))
        .isInstanceOf(PtxSyntaxException.class)
        .hasMessageContaining("undeclared register %ra1");
  }

  /** The instruction, with whatever operands. */
  private static Instruction first(String version, String target, String text) {
    return PtxParser.parse(
            """
            .version %s
            .target %s
            .entry k() {
            .reg .f32 %%f; .reg .f64 %%d; .reg .b32 %%r; .reg .pred %%p;
            %s, %%r;
            }\
            """
                .formatted(version, target, text))
        .kernels()
        .get(0)
        .instructions()
        .get(0);
  }
}
