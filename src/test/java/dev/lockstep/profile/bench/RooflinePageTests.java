package dev.lockstep.profile.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.device.GpuModel;
import dev.lockstep.numeric.DType;
import dev.lockstep.profile.page.Chromium;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RooflinePageTests {
  @TempDir private Path folder;

  /** Breaks when a row of the table, a roof or a point is lost, or the browser complains. */
  @Test
  void drawsEveryPassUnderTheRoofsOfEachGpu() throws Exception {
    List<BenchCase> cases =
        RowCases.of(
            List.of("rmsnorm", "cast"), DType.BF16, new Sizes(OptionalLong.of(64), List.of(256L)));
    List<BenchResult> results;
    try (Device device = Devices.open("sim", DeviceOptions.defaults()).device();
        KernelBench bench = new KernelBench(device)) {
      results = cases.stream().map(bench::measure).toList();
    }
    List<Predictions> predictions =
        Stream.of("a100", "h100").map(gpu -> Predictions.of(GpuModel.named(gpu), results)).toList();
    String html = RooflinePage.of("lockstep bench rows", predictions, List.of()).html();
    assertThat(predictions).allSatisfy(each -> assertThat(each.rows()).hasSameSizeAs(cases));
    assertThat(html)
        .contains("Predicted for NVIDIA A100", "Predicted for NVIDIA H100", "predicted us");

    assumeTrue(Chromium.isInstalled(), "there is no Chromium on the path");
    Chromium opened = Chromium.open(Files.writeString(folder.resolve("page.html"), html), folder);
    assertThat(opened.console()).isEmpty();
    long points =
        results.stream().filter(each -> each.arithmetic().orElseThrow().allFlops() > 0).count();
    assertThat(points).isPositive();
    assertThat(opened.dom().split("<circle", -1)).hasSize((int) (1 + 2 * (points + 1)));
    assertThat(opened.dom().split("stroke-dasharray=\"6 4\"", -1)).hasSize(1 + 2 * 2);
  }
}
