package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Counter;
import dev.lockstep.device.Counts;
import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Dim3;
import dev.lockstep.device.ExecutionTier;
import dev.lockstep.device.Kernel;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelCounters;
import dev.lockstep.device.KernelImage;
import dev.lockstep.device.Launch;
import dev.lockstep.device.LaunchCounts;
import dev.lockstep.device.Stream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Our own kernels move what their headers say, and are counted alike however they are run. */
class KernelTrafficTests {
  private static final int ROWS = 24;
  private static final int COLUMNS = 512;
  private static final long TENSOR = 4L * ROWS * COLUMNS;
  private static final int GELU_TANH = 6;

  @Test
  void anActivationMovesExactlyItsOperands() throws IOException {
    LaunchCounts counts = activation(DeviceOptions.defaults());
    Counts totals = counts.totals();
    assertThat(counts.compulsoryLoadBytes()).isEqualTo(TENSOR);
    assertThat(counts.compulsoryStoreBytes()).isEqualTo(TENSOR);
    assertThat(32 * totals.get(Counter.GLOBAL_LOAD_SECTORS)).isEqualTo(TENSOR);
    assertThat(32 * totals.get(Counter.GLOBAL_STORE_SECTORS)).isEqualTo(TENSOR);
    assertThat(totals.get(Counter.GLOBAL_LOAD_BYTES)).isEqualTo(TENSOR);
    assertThat(totals.get(Counter.GLOBAL_STORE_BYTES)).isEqualTo(TENSOR);
  }

  @Test
  void aNormReadsARowOnceAndWritesItOnce() throws IOException {
    LaunchCounts counts = norm(DeviceOptions.defaults());
    Counts totals = counts.totals();
    assertThat(counts.compulsoryLoadBytes()).isEqualTo(TENSOR);
    // And the statistics, a word for each row.
    assertThat(counts.compulsoryStoreBytes()).isEqualTo(TENSOR + 4 * ROWS);
    assertThat(32 * totals.get(Counter.GLOBAL_LOAD_SECTORS)).isEqualTo(TENSOR);
    assertThat(32 * totals.get(Counter.GLOBAL_STORE_SECTORS)).isEqualTo(TENSOR + 32 * ROWS);
    assertThat(totals.get(Counter.SHARED_LOAD_CONFLICTS)).isZero();
    assertThat(totals.get(Counter.SHARED_STORE_CONFLICTS)).isZero();
  }

  @Test
  void linesAddUpToTheWhole() throws IOException {
    for (LaunchCounts counts :
        List.of(activation(DeviceOptions.defaults()), norm(DeviceOptions.defaults()))) {
      Counts.Builder sum = new Counts.Builder();
      counts.lines().forEach(line -> sum.add(line.counts()));
      assertThat(sum.build()).isEqualTo(counts.totals());
      assertThat(counts.totals().get(Counter.INSTRUCTIONS)).isPositive();
      long byClass =
          counts
              .totals()
              .sum(
                  Counter.INTEGER,
                  Counter.FP16,
                  Counter.FP32,
                  Counter.FP64,
                  Counter.CONVERSION,
                  Counter.CONTROL,
                  Counter.MEMORY,
                  Counter.INTER_THREAD,
                  Counter.MISC);
      assertThat(byClass).isEqualTo(counts.totals().get(Counter.THREAD_INSTRUCTIONS_ON));
    }
  }

  @Test
  void countsDependOnNothingButTheLaunch() throws IOException {
    DeviceOptions one = DeviceOptions.defaults().withThreads(1);
    List<DeviceOptions> others =
        List.of(
            DeviceOptions.defaults().withThreads(4),
            one.withTier(ExecutionTier.INTERPRETED),
            one.withSanitize(true),
            DeviceOptions.defaults().withThreads(3).withSanitize(true));
    for (DeviceOptions options : others) {
      assertThat(activation(options)).as("%s", options).isEqualTo(activation(one));
      assertThat(norm(options)).as("%s", options).isEqualTo(norm(one));
    }
  }

  private static LaunchCounts activation(DeviceOptions options) throws IOException {
    try (Device device = new SimulatedDevice(options);
        DeviceBuffer out = device.allocate(TENSOR);
        DeviceBuffer in = filled(device)) {
      KernelArgs args =
          new KernelArgs()
              .address(out, 0)
              .address(in, 0)
              .int64((long) ROWS * COLUMNS)
              .int32(GELU_TANH)
              .float32(0);
      return count(device, "activation", "activation_forward_f32", Launch.of(7, 256), args);
    }
  }

  private static LaunchCounts norm(DeviceOptions options) throws IOException {
    try (Device device = new SimulatedDevice(options);
        DeviceBuffer out = device.allocate(TENSOR);
        DeviceBuffer statistics = device.allocate(4L * ROWS);
        DeviceBuffer in = filled(device)) {
      KernelArgs args =
          new KernelArgs()
              .address(out, 0)
              .nullAddress()
              .address(statistics, 0)
              .address(in, 0)
              .nullAddress()
              .nullAddress()
              .int64(ROWS)
              .int64(COLUMNS)
              .int64(4 * COLUMNS)
              .int64(0)
              .int64(4 * COLUMNS)
              .int64(0)
              .float32(1e-5f)
              .float32(0)
              .int32(0);
      // A warp to a row, four rows to a block.
      Launch launch = new Launch(new Dim3(ROWS / 4), new Dim3(32, 4, 1), 0);
      return count(device, "rmsnorm", "rmsnorm_forward_f32", launch, args);
    }
  }

  private static DeviceBuffer filled(Device device) {
    DeviceBuffer buffer = device.allocate(TENSOR);
    try (Stream stream = device.newStream()) {
      stream.fill(buffer, 0, TENSOR, (byte) 0x3f);
    }
    return buffer;
  }

  private static LaunchCounts count(
      Device device, String image, String entry, Launch launch, KernelArgs args)
      throws IOException {
    String path = "/dev/lockstep/kernels/" + image + ".ptx";
    try (InputStream text = KernelTrafficTests.class.getResourceAsStream(path);
        Stream stream = device.newStream()) {
      String ptx = new String(text.readAllBytes(), StandardCharsets.UTF_8);
      Kernel kernel = device.load(KernelImage.ofPtx(image, ptx)).kernel(entry);
      KernelCounters counters = device.capability(KernelCounters.class).orElseThrow();
      counters.start();
      // Often enough for the second tier to set in.
      for (int i = 0; i < 4; i++) {
        stream.launch(kernel, launch, args);
      }
      List<LaunchCounts> counts = counters.stop();
      assertThat(counts).hasSize(4).allMatch(counts.getFirst()::equals);
      return counts.getFirst();
    }
  }
}
