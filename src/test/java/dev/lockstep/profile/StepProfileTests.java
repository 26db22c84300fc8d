package dev.lockstep.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.Kernel;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelImage;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.Launch;
import dev.lockstep.device.RecordingDevice;
import dev.lockstep.device.Stream;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class StepProfileTests {
  private final RecordingDevice device = new RecordingDevice();
  private final StepProfile profile = new StepProfile();
  private final Stream stream = profile.watch(device.newStream());

  @Test
  void countsEachKernelAndEachKindOfCopyAndHandsThemOn() {
    try (KernelModule module = device.load(KernelImage.ofPtx("m", ""));
        DeviceBuffer a = device.allocate(8);
        DeviceBuffer b = device.allocate(8);
        Arena arena = Arena.ofConfined()) {
      Kernel first = module.kernel("first");
      Kernel second = module.kernel("second");
      KernelArgs args = new KernelArgs();
      stream.launch(first, Launch.of(1, 32), args);
      stream.launch(second, Launch.of(1, 32), args);
      stream.launch(first, Launch.of(1, 32), args);
      stream.copyToDevice(a, 0, arena.allocateFrom(ValueLayout.JAVA_LONG, 7L));
      stream.copyOnDevice(b, 0, a, 0, 8);
      var host = arena.allocate(8);
      stream.copyToHost(host, b, 0);
      stream.fill(b, 0, 8, (byte) 0);
      assertThat(host.get(ValueLayout.JAVA_LONG, 0)).isEqualTo(7);
    }
    assertThat(device.launches())
        .extracting(RecordingDevice.Launched::kernel)
        .containsExactly("first", "second", "first");
    assertThat(profile.rows())
        .extracting(StepProfile.Row::name, StepProfile.Row::count)
        .containsExactlyInAnyOrder(
            tuple("first", 2L),
            tuple("second", 1L),
            tuple("(copy to device)", 1L),
            tuple("(copy on device)", 1L),
            tuple("(copy to host)", 1L),
            tuple("(fill)", 1L));
    assertThat(profile.rows().stream().mapToDouble(StepProfile.Row::share).sum())
        .isCloseTo(1, within(1e-9));
    assertThat(profile.rows())
        .isSortedAccordingTo((a, b) -> Double.compare(b.seconds(), a.seconds()));
    profile.reset();
    assertThat(profile.rows()).isEmpty();
    assertThat(profile.seconds()).isZero();
  }
}
