package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Dim3;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelImage;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.KernelOutput;
import dev.lockstep.device.Launch;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What CUDA's runtime has on the device: printf, assert, malloc. */
class SystemFunctionTests {
  private static final String DECLARED =
      ".extern .func (.param .b32 r) vprintf(.param .b64 f, .param .b64 a);"
          + ".extern .func (.param .b64 r) malloc(.param .b64 n);"
          + ".extern .func free(.param .b64 p);";

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void printsBlockAfterBlockOnAnyNumberOfThreads(int threads) {
    try (Lab lab = new Lab(DeviceOptions.defaults().withThreads(threads));
        KernelModule module = load(lab)) {
      KernelOutput output = lab.device.capability(KernelOutput.class).orElseThrow();
      lab.stream.launch(module.kernel("print"), Launch.of(3, 2), new KernelArgs().int32(-5));
      StringBuilder expected = new StringBuilder();
      for (int block = 0; block < 3; block++) {
        expected.append("block %d thread  0 of 2: even\n".formatted(block));
        expected.append("block %d thread  1 of 2: odd\n".formatted(block));
        expected.append("-5% -7.50 |fffffffb|1234567890123|x|(nil)\n");
      }
      assertThat(output.take()).isEqualTo(expected.toString());
      assertThat(output.take()).isEmpty();
    }
  }

  @Test
  void sendsTextToWhoWantsIt() {
    try (Lab lab = new Lab();
        KernelModule module = load(lab)) {
      KernelOutput output = lab.device.capability(KernelOutput.class).orElseThrow();
      List<String> texts = new ArrayList<>();
      output.sendTo(texts::add);
      lab.stream.launch(module.kernel("print"), Launch.of(2, 1), new KernelArgs().int32(1));
      assertThat(texts).hasSize(1);
      assertThat(texts.get(0))
          .startsWith("block 0 thread  0 of 1: even\n1% 1.50  |")
          .contains("block 1");
      assertThat(output.take()).isEmpty();
    }
  }

  @Test
  void aFailedAssertionSaysWhatCudaSays() {
    try (Lab lab = new Lab();
        KernelModule module = load(lab)) {
      lab.stream.launch(module.kernel("check"), Launch.of(2, 8), new KernelArgs().int32(8));
      assertThatThrownBy(
              () ->
                  lab.stream.launch(
                      module.kernel("check"),
                      new Launch(new Dim3(2), new Dim3(8, 2, 1), 0),
                      new KernelArgs().int32(5)))
          .isInstanceOfSatisfying(
              DeviceFault.AssertionFailed.class,
              fault -> {
                assertThat(fault.site().thread()).isEqualTo(new Dim3(5, 0, 0));
                assertThat(fault)
                    .hasMessageContaining(
                        "print.cu:13: void check(int): block: [0,0,0], thread: [5,0,0] Assertion"
                            + " `threadIdx.x < n && \"too many threads\"` failed.");
              });
    }
  }

  @Test
  void printfReturnsTheNumberOfItsArguments() {
    try (Lab lab = new Lab()) {
      int[] out =
          lab.declare(DECLARED + " .global .b8 f[7] = {37, 100, 32, 37, 99, 10, 0};")
              .run(
                  2,
                  """
                  .local .align 8 .b8 buffer[8];
                  st.local.u32 [buffer], %t; st.local.u32 [buffer+4], 65;
                  cvta.local.u64 %rd1, buffer;
                  mov.u64 %rd2, f;
                  call (%r1), vprintf, (%rd2, %rd1);
                  call (%r2), vprintf, (0, %rd1);
                  mad.lo.s32 %r1, %r1, 100, %r2;
                  st.global.u32 [%mine], %r1;
                  """);
      assertThat(out).containsOnly(199);
      assertThat(lab.device.capability(KernelOutput.class).orElseThrow().take())
          .isEqualTo("0 A\n1 A\n");
    }
  }

  @Test
  void mallocGivesMemoryThatOutlivesTheKernel() {
    try (Lab lab = new Lab()) {
      int[] out =
          lab.declare(DECLARED + ".global .u64 kept;")
              .run(
                  1,
                  """
                  call (%rd1), malloc, (64);
                  st.u32 [%rd1+60], 7;
                  call (%rd2), malloc, (1000000000);
                  call free, (%rd2);
                  ld.u32 %r1, [%rd1+60];
                  call free, (%rd1);
                  setp.eq.u64 %p1, %rd2, 0;
                  @%p1 add.s32 %r1, %r1, 100;
                  st.global.u32 [%mine], %r1;
                  """);
      assertThat(out).containsExactly(107);
      assertThatThrownBy(
              () -> lab.run(1, "call (%rd1), malloc, (64); call free, (%rd1); st.u32 [%rd1], 7;"))
          .isInstanceOf(DeviceFault.IllegalAddress.class)
          .hasMessageContaining("a malloc of 64 bytes, which was freed");
      assertThatThrownBy(() -> lab.run(1, "call free, (%out);"))
          .isInstanceOf(DeviceFault.IllegalAddress.class)
          .hasMessageContaining("malloc gave no such address");
    }
  }

  private static KernelModule load(Lab lab) {
    return lab.device.load(KernelImage.ofPtx("print", CompiledFunctionTests.program("print.ptx")));
  }
}
