package dev.lockstep.simulator.lowering;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.ptx.PtxModule;
import dev.lockstep.ptx.PtxParser;
import dev.lockstep.simulator.execution.LoweredKernel;
import dev.lockstep.simulator.execution.RegisterFile;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What the passes leave of a kernel. */
class KernelCompilerTests {
  @Test
  void registersOfAChainShareTheirPlaces() {
    String chain =
        IntStream.range(1, 200)
            .mapToObj(i -> "add.f32 %%f%d, %%f%d, %%f0;".formatted(i, i - 1))
            .collect(Collectors.joining("\n"));
    LoweredKernel kernel = compile("mul.f32 %f0, %f0, %f0;\n" + chain + "\nst.f32 [%rd0], %f199;");
    // %f0 to the end, and one place for all of the others, beside those left free.
    assertThat(kernel.registers().floats()).isEqualTo(2 + RegisterAllocation.SPARE);
    assertThat(kernel.registers().zeroed().floats()).hasSize(1);
  }

  @Test
  void whatALoopNeedsAgainKeepsItsPlace() {
    String chain =
        IntStream.range(3, 100)
            .mapToObj(i -> "add.f32 %%f%d, %%f%d, %%f1;".formatted(i, i - 1))
            .collect(Collectors.joining("\n"));
    LoweredKernel kernel =
        compile(
            """
            add.f32 %f1, %f0, %f0;
            LOOP: add.f32 %f2, %f1, %f1;
            @CHAIN@
            setp.lt.f32 %p0, %f99, %f0;
            @%p0 bra LOOP;
            st.f32 [%rd0], %f99;
            """
                .replace("@CHAIN@", chain));
    // %f0 and %f1 live through the loop; each of the others ends where the next begins.
    assertThat(kernel.registers().floats()).isEqualTo(3 + RegisterAllocation.SPARE);
  }

  @Test
  void whatIsTheSameForAWholeLaunchIsNotExecuted() {
    LoweredKernel kernel =
        compile(
            """
            ld.param.u64 %rd1, [address];
            cvta.to.global.u64 %rd2, %rd1;
            mov.u32 %r1, %ntid.x;
            mov.u32 %r2, 5;
            mov.u32 %r3, %r2;
            mov.f32 %f1, 0f3F800000;
            st.global.v2.u32 [%rd2+8], {%r1, %r3};
            st.global.f32 [%rd2+4], %f1;
            """);
    assertThat(kernel.sites())
        .extracting(site -> site.instruction().split(" ")[0])
        .containsExactly("st.global.v2.u32", "st.global.f32", "}");
    assertThat(kernel.registers().parameters())
        .extracting(RegisterFile.ParameterValue::offset)
        .containsExactly(0L);
  }

  @Test
  void whatIsTheSameForEachBlockIsComputedOnceALaunch() {
    LoweredKernel kernel =
        compile(
            """
            mov.u32 %r1, %tid.x;
            mov.u32 %r2, %ctaid.x;
            setp.gt.s32 %p1, %r1, 127;
            shl.b32 %r3, %r1, 2;
            add.s32 %r4, %r3, %r2;
            @%p1 add.s32 %r5, %r3, 1;
            st.global.v2.u32 [%rd0], {%r4, %r5};
            """);
    assertThat(kernel.prologue()).hasSize(2);
    assertThat(kernel.sites())
        .extracting(site -> site.instruction().split(" ")[0])
        .containsExactly("add.s32", "@%p1", "st.global.v2.u32", "}");
  }

  @Test
  void whatIsReadBeforeALoopCountsOnInItsRegisterIsComputedOnceALaunch() {
    LoweredKernel kernel =
        compile(
            """
            mov.u32 %r1, %tid.x;
            setp.gt.s32 %p1, %r1, 127;
            and.b32 %r2, %r1, 3;
            setp.eq.s32 %p2, %r2, 0;
            @%p1 bra END;
            @%p2 bra END;
            LOOP: add.s32 %r1, %r1, 256;
            add.s32 %r2, %r2, -1;
            setp.ne.s32 %p3, %r2, 0;
            @%p3 bra LOOP;
            END: st.global.u32 [%rd0], %r1;
            """);
    // Both conditions and %r2 as they read it; %r1 and %r2 are set for the loop, too.
    assertThat(kernel.prologue()).hasSize(3);
    assertThat(kernel.sites())
        .extracting(LoweredKernel.Site::instruction)
        .contains("mov.u32 %r1, %tid.x;", "and.b32 %r2, %r1, 3;")
        .doesNotContain("setp.gt.s32 %p1, %r1, 127;", "setp.eq.s32 %p2, %r2, 0;");
  }

  @Test
  void whatMayBeReadBeforeItIsSetIsNotComputedBefore() {
    LoweredKernel kernel =
        compile(
            """
            LOOP: st.global.u32 [%rd0], %r3;
            mov.u32 %r1, %tid.x;
            shl.b32 %r3, %r1, 2;
            bra LOOP;
            """);
    assertThat(kernel.prologue()).isEmpty();
  }

  @Test
  void aRegisterSetTwiceOrUnderAGuardIsNoConstant() {
    LoweredKernel kernel =
        compile(
            """
            mov.u32 %r1, 5;
            @%p0 mov.u32 %r1, 6;
            @%p0 mov.u32 %r2, 7;
            st.global.v2.u32 [%rd0], {%r1, %r2};
            """);
    assertThat(kernel.sites())
        .extracting(LoweredKernel.Site::instruction)
        .filteredOn(text -> text.contains("mov"))
        .hasSize(3);
  }

  @Test
  void aSurveyListsAllThatCannotBeExecuted() {
    PtxModule module =
        parse(
            """
            frob.b32 %r1, %r2;
            add.s32 %r1, %r1, 1;
            fence.proxy.tensormap::generic.acquire.gpu [%rd1], 128;
            @%p0 tex.1d.v4.f32.s32 {%f1, %f2, %f3, %f4}, [t, {%r1}];
            """);
    assertThat(surveyed(module, "k"))
        .extracting(fault -> fault.site().ptxLine() + " " + fault.site().instruction())
        .containsExactly(
            "5 frob.b32 %r1, %r2;",
            "7 fence.proxy.tensormap::generic.acquire.gpu [%rd1], 128;",
            "8 @%p0 tex.1d.v4.f32.s32 {%f1, %f2, %f3, %f4}, [t, {%r1}];");
  }

  /** Blocks of a cluster see each other; launched one by one they would compute something else. */
  @Test
  void refusesClustersOfSeveralBlocks() {
    PtxModule module =
        PtxParser.parse(
            """
            .version 8.0
            .target sm_90
            .entry alone() .reqnctapercluster 1, 1, 1 { ret; }
            .entry pair() .explicitcluster .reqnctapercluster 2, 1, 1 { ret; }
            """);
    assertThat(surveyed(module, "alone")).isEmpty();
    assertThat(surveyed(module, "pair"))
        .singleElement()
        .satisfies(
            fault -> assertThat(fault).hasMessageContaining("clusters of more than one block"));
  }

  private static List<DeviceFault.UnsupportedInstruction> surveyed(PtxModule module, String entry) {
    return KernelCompiler.survey(
        PreparedModule.of(module, Map.of()), entry, CodeOptions.of(DeviceOptions.defaults()));
  }

  private static LoweredKernel compile(String body) {
    PreparedModule module = PreparedModule.of(parse(body), Map.of());
    return KernelCompiler.compile(
        module, "k", CodeOptions.of(DeviceOptions.defaults()), Instrument.NONE);
  }

  private static PtxModule parse(String body) {
    String text =
        ".version 8.0\n.target sm_80 .tex .u32 t;\n.entry k(.param .u64 address) {\n"
            + ".reg .pred %p<4>; .reg .b32 %r<9>; .reg .b64 %rd<9>; .reg .f32 %f<300>;\n"
            + body
            + "\n}";
    return PtxParser.parse(text);
  }
}
