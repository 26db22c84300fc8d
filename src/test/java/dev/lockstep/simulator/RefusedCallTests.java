package dev.lockstep.simulator;

import static dev.lockstep.simulator.Functions.callAndStore;
import static dev.lockstep.simulator.Functions.simple;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.KernelModule;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Calls that cannot be, and functions that no kernel can call. */
class RefusedCallTests {
  private final Lab lab = new Lab();

  @AfterEach
  void close() {
    lab.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "call f; | 0 arguments and 0 results",
        "call (%r1), f, (%rd1, %rd1, %rd1); | 3 arguments and 1 results",
        "call (%r1), somewhere, (%r2); | the function somewhere has no body here",
        "call (%r1), __cudaCDP2LaunchDeviceV2, (%r2); | launches from a kernel",
        "call (%r1), %rd1, (%r2); | a call through a pointer without a type",
        "mov.u64 %rd1, q; P: .callprototype _ (.reg .pred _); call %rd1, (%p1), P; | a predicate"
            + " passed through a pointer"
      })
  void callsThatCannotBe(String text, String reason) {
    lab.declare(
        simple("f", "add.s32 %x, %x, 1;")
            + ".func q(.reg .pred p) { ret; }"
            + ".extern .func (.param .b32 r) somewhere(.param .b32 n);"
            + ".extern .func (.param .b32 r) __cudaCDP2LaunchDeviceV2(.param .b32 n);");
    try (KernelModule module = lab.load(text)) {
      assertThatThrownBy(() -> module.kernel("k"))
          .isInstanceOf(DeviceFault.UnsupportedInstruction.class)
          .hasMessageContaining(reason);
    }
  }

  @Test
  void anInstructionOfAFunctionIsRefusedForKernelsThatReachIt() {
    lab.declare(simple("odd", "frob.s32 %x, %x, 1;") + ".entry other() { ret; }");
    try (KernelModule module = lab.load(callAndStore("mov.u32 %r1, %t;", "odd"))) {
      assertThat(module.kernel("other").name()).isEqualTo("other");
      assertThatThrownBy(() -> module.kernel("k"))
          .isInstanceOf(DeviceFault.UnsupportedInstruction.class)
          .hasMessageContaining("`frob.s32 %x, %x, 1;`")
          .hasMessageContaining("in function odd");
    }
  }

  @Test
  void moreLocalMemoryThanThereIsIsRefused() {
    lab.declare(".func f() { .local .b8 big[4294967296]; ret; }");
    try (KernelModule module = lab.load("call f;")) {
      assertThatThrownBy(() -> module.kernel("k")).isInstanceOf(DeviceException.class);
    }
  }

  /** Variable arguments: PTX has a way to write them and says that nothing implements it. */
  @Test
  void argumentsOfAnySizeAreRefused() {
    lab.declare(".func f(.param .b32 n, .param .b32 rest[]) { ret; }");
    assertThatThrownBy(() -> lab.run(1, "{ .param .b32 a[4]; call f, (%t, a); }"))
        .isInstanceOf(DeviceFault.UnsupportedInstruction.class)
        .hasMessageContaining("a function whose last parameter has no size");
  }
}
