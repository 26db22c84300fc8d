package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.Approximation;
import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.Launch;
import dev.lockstep.ptx.PtxSyntaxException;
import dev.lockstep.simulator.lowering.CodeOptions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Devices have the same code exactly where it would be made the same. */
class SharedCodeTests {
  private static final CodeOptions OPTIONS = CodeOptions.of(DeviceOptions.defaults());

  private final SharedCode code = new SharedCode();

  @Test
  void theSameTextIsTheSameModule() {
    ModuleCode first = code.of(module("a"), OPTIONS);
    assertThat(code.of(module("a"), OPTIONS)).isSameAs(first);
    assertThat(code.of(module("b"), OPTIONS)).isNotSameAs(first);
  }

  @Test
  void codeForOtherOptionsIsOther() {
    DeviceOptions perturbed =
        DeviceOptions.defaults().withApproximation(Approximation.perturbed(1));
    ModuleCode exact = code.of(module("a"), OPTIONS);
    assertThat(code.of(module("a"), CodeOptions.of(perturbed))).isNotSameAs(exact);
    assertThat(code.of(module("a"), CodeOptions.of(perturbed.withThreads(1))))
        .isSameAs(code.of(module("a"), CodeOptions.of(perturbed.withGpu("h100"))));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void eachWayOfLoweringAKernelIsDoneOnce(boolean sanitized) {
    PlacedModule placed = code.of(module("a"), OPTIONS).at(Map.of());
    assertThat(code.of(module("a"), OPTIONS).at(Map.of())).isSameAs(placed);
    KernelCode kernel = placed.kernel("a", sanitized);
    assertThat(kernel.plain()).isSameAs(placed.kernel("a", sanitized).plain());
    assertThat(kernel.counted()).isSameAs(placed.kernel("a", sanitized).counted());
    assertThat(kernel.counted().kernel().lowered()).isNotSameAs(kernel.plain().kernel());
    assertThat(placed.kernel("a", !sanitized).plain()).isNotSameAs(kernel.plain());
  }

  @Test
  void whatIsNoPtxIsRefusedEachTime() {
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> code.of(".target !", OPTIONS))
          .isInstanceOf(PtxSyntaxException.class);
    }
  }

  /** Each counts for as much as a module has that is a twentieth of what is kept. */
  @Test
  void modulesUsedLongestAgoAreForgotten() {
    String padding = "//" + "-".repeat((32 << 20) / 20);
    ModuleCode first = code.of(module("k0") + padding, OPTIONS);
    ModuleCode second = code.of(module("k1") + padding, OPTIONS);
    for (int i = 2; i < 20; i++) {
      assertThat(code.of(module("k0") + padding, OPTIONS)).isSameAs(first);
      code.of(module("k" + i) + padding, OPTIONS);
    }
    assertThat(code.of(module("k0") + padding, OPTIONS)).isSameAs(first);
    assertThat(code.of(module("k1") + padding, OPTIONS)).isNotSameAs(second);
  }

  /** Two at once, of which one has its variable elsewhere, then one where the first had it. */
  @Test
  void eachDeviceHasItsOwnVariables() {
    try (Lab one = new Lab(DeviceOptions.defaults());
        Lab other = new Lab(DeviceOptions.defaults())) {
      other.ints(1, 2, 3);
      Counter here = new Counter(one);
      Counter there = new Counter(other);
      assertThat(here.afterALaunch()).isEqualTo(8);
      assertThat(here.afterALaunch()).isEqualTo(9);
      assertThat(there.afterALaunch()).isEqualTo(8);
      assertThat(here.afterALaunch()).isEqualTo(10);
    }
    try (Lab again = new Lab(DeviceOptions.defaults())) {
      assertThat(new Counter(again).afterALaunch()).isEqualTo(8);
    }
  }

  /** Both have it at the same address. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void eachDeviceHasItsOwnMemory(boolean sanitized) {
    DeviceOptions options = DeviceOptions.defaults().withSanitize(sanitized);
    try (Lab one = new Lab(options);
        Lab other = new Lab(options)) {
      assertThat(parity(one, one.ints(3))).isEqualTo(1);
      assertThat(parity(other, other.ints(4))).isZero();
      assertThat(parity(one, one.ints(5))).isEqualTo(1);
    }
  }

  /** Nobody has written the word that is to be reported. */
  @Test
  void eachSanitizedDeviceKnowsItsOwnMemory() {
    try (Lab one = new Lab();
        Lab other = new Lab()) {
      assertThat(parity(one, one.ints(3))).isEqualTo(1);
      assertThatThrownBy(() -> parity(other, other.device.allocate(4)))
          .isInstanceOf(DeviceFault.UninitializedRead.class);
      assertThat(parity(one, one.ints(4))).isZero();
      assertThat(parity(other, other.ints(5))).isEqualTo(1);
    }
  }

  private static int parity(Lab lab, DeviceBuffer word) {
    KernelModule module =
        lab.load(
            """
            ld.global.u32 %r0, [%in];
            and.b32 %r0, %r0, 1;
            setp.eq.u32 %p0, %r0, 0;
            @%p0 bra STORE;
            mov.u32 %r0, 1;
            STORE:
            st.global.u32 [%out], %r0;
            """);
    DeviceBuffer out = lab.ints(Lab.UNTOUCHED);
    KernelArgs args = new KernelArgs().address(out, 0).address(word, 0).int32(0);
    lab.stream.launch(module.kernel("k"), Launch.of(1, 1), args);
    return lab.read(out)[0];
  }

  /** A variable that each launch adds 1 to. */
  private static final class Counter {
    private final Lab lab;
    private final KernelModule module;

    Counter(Lab lab) {
      this.lab = lab;
      module =
          lab.declare(".global .u32 count = 7;")
              .load(
                  """
                  ld.global.u32 %r0, [count];
                  add.u32 %r0, %r0, 1;
                  st.global.u32 [count], %r0;
                  """);
    }

    int afterALaunch() {
      KernelArgs args = new KernelArgs().int64(0).int64(0).int32(0);
      lab.stream.launch(module.kernel("k"), Launch.of(1, 1), args);
      return lab.read(module.variable("count"))[0];
    }
  }

  private static String module(String kernel) {
    return ".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry "
        + kernel
        + "() { ret; }\n";
  }
}
