package dev.lockstep.check.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.device.Dim3;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KernelRunTests {
  private static final Device DEVICE =
      Devices.open("sim", DeviceOptions.defaults().withStepLimit(100_000)).device();

  private final KernelFile several = KernelFileTests.read("several.ptx");

  @AfterAll
  static void close() {
    DEVICE.close();
  }

  @Test
  void laysOutAStructureASmallValueAndABuffer() {
    RunResult result =
        KernelRun.of(several)
            .entry("struct")
            .arguments(arguments("bytes:0102030405060708090a0b0c", "out:u32:6", "u8:200"))
            .argument(Argument.parse("u64:0x123456789abcdef0"))
            .run(DEVICE);
    assertThat(result.kernel()).isEqualTo("_ZN5space6structI4PairEEvT_PjhS2_");
    assertThat(result.elements(1).ints())
        .containsExactly(0x04030201, 0x08070605, 0x0c0b0a09, 200, 0x9abcdef0, 0x12345678);
  }

  @Test
  void outputsStartAsZeroAndInputsStay() {
    RunResult result =
        KernelRun.of(KernelFileTests.read("add.ptx"))
            .grid(2)
            .block(2)
            .arguments(arguments("in:f32:1,2,3", "inout:f32:10,20,30", "out:f32:4", "s32:3"))
            .run(DEVICE);
    assertThat(result.elements(2).floats()).containsExactly(11, 22, 33, 0);
    assertThat(result.elements(1).floats()).containsExactly(10, 20, 30);
    assertThat(result.outputs()).extracting(RunResult.Output::parameter).hasSize(2);
    assertThatThrownBy(() -> result.elements(0)).hasMessage("argument 0 is no output buffer");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "in:f32:1 in:f32:1 out:f32:1              | takes 4 arguments, 3 given",
        "in:f32:1 in:f32:1 out:f32:1 s32:1 s32:1  | takes 4 arguments, 5 given",
        "in:f32:1 f32:1 out:f32:1 s32:1           | argument 1, f32:1, has 4 bytes, add_b has 8",
        "in:f32:1 in:f32:1 out:f32:1 u64:1        | argument 3, u64:1, has 8 bytes, add_n has 4",
        "in:f32:1 in:f32:1 out:f32:1 in:s32:1     | argument 3, address of 8 bytes, add_n has 4",
        "bytes:01 in:f32:1 out:f32:1 s32:1        | argument 0, has 1 byte, add_a has 8",
      })
  void argumentsThatDoNotFitAreNamedWithAllParameters(String given, String words) {
    KernelRun run =
        KernelRun.of(KernelFileTests.read("add.ptx")).arguments(arguments(given.split(" +")));
    assertThatThrownBy(() -> run.run(DEVICE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll(words.split(", +"))
        .hasMessageContaining("u64 add_a (8 bytes), u64 add_b (8 bytes), u64 add_c (8 bytes)");
  }

  @Test
  void refusesLaunchesNoGpuCanMake() {
    assertThatThrownBy(() -> outside().grid(0).run(DEVICE)).hasMessageContaining("grid (0,1,1)");
    assertThatThrownBy(() -> outside().block(-1).run(DEVICE)).hasMessageContaining("block (-1");
    assertThatThrownBy(() -> outside().block(1025).run(DEVICE)).hasMessageContaining("1024");
    assertThatThrownBy(() -> outside().grid(new Dim3(1, 70_000, 1)).run(DEVICE))
        .hasMessageContaining("65535");
    assertThatThrownBy(() -> outside().sharedBytes(-4).run(DEVICE)).hasMessageContaining("-4");
    assertThatThrownBy(() -> outside().sharedBytes(1 << 20).run(DEVICE))
        .isInstanceOf(DeviceException.class)
        .hasMessageContaining("shared memory");
  }

  @Test
  void faultsAreThrown() {
    assertThatThrownBy(() -> outside().block(5).run(DEVICE))
        .isInstanceOfSatisfying(
            DeviceFault.IllegalAddress.class,
            fault -> assertThat(fault.site().thread()).isEqualTo(new Dim3(4, 0, 0)));
    assertThatThrownBy(() -> KernelRun.of(several).entry("endless").run(DEVICE))
        .isInstanceOf(DeviceFault.StepLimit.class);
  }

  private KernelRun outside() {
    return KernelRun.of(several).entry("outside").argument(Argument.out(ElementType.U32, 4));
  }

  private static List<Argument> arguments(String... texts) {
    return Stream.of(texts).map(Argument::parse).toList();
  }
}
