package dev.lockstep.profile.bench;

import static dev.lockstep.profile.bench.Bounds.Resource.SHARED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.device.GpuModel;
import dev.lockstep.numeric.DType;
import dev.lockstep.profile.bench.Bounds.Resource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * At benchmark sizes memory or tensor cores limit every kernel, with nothing else near; the table
 * of this class names all that are different. One more fails, and so does one less.
 */
class ExceptionsTests {
  /**
   * What is expected of passes.
   *
   * @param passes GPU, kernel, pass, shape and tile match
   * @param near what limits them besides memory and tensor cores, or comes near; empty for none
   * @param why nobody has to look for a mistake
   */
  private record Expected(String passes, Set<Resource> near, String why) {}

  /** The last line that matches a pass counts; none means that nothing is near. */
  private static final List<Expected> EXPECTED =
      List.of(
          new Expected(
              "a100 .* 64x64",
              Set.of(SHARED),
              "a product takes 2.0 clocks there, and in tiles of 64 x 64 operands take 3.0: 1.0 to"
                  + " arrive, 2.0 to reach the registers of warps of 32 x 32"),
          new Expected(
              "h100 .* \\d+x\\d+x\\d+ \\d+x\\d+",
              Set.of(SHARED),
              "a product would take 1.1 clocks at the peak of wgmma, which reads shared memory"
                  + " itself; through registers no tile brings operands in less than 1.3"),
          new Expected(
              "h100 linear backward_weight .* 128x\\d+",
              Set.of(),
              "the f32 gradient is read and written, which outweighs all else at this size"),
          new Expected(
              "h100 linear_cross_entropy forward\\+backward .* 128x\\d+",
              Set.of(),
              "so does its gradient"));

  private static final Path RESULTS = Path.of("bench", "results");
  private static final String PRODUCTS = "-matmul-sim.json";
  private static final String ROWS = "-rows-sim.json";
  private static final List<GpuModel> GPUS =
      List.of(GpuModel.named("a100"), GpuModel.named("h100"));

  @ParameterizedTest
  @ValueSource(strings = {ROWS, PRODUCTS})
  void committedResultsHaveTheseAndNoOthersEachWithItsReason(String name) throws IOException {
    Map<String, Set<Resource>> seen = new LinkedHashMap<>();
    for (JsonNode row : JsonMapper.shared().readTree(Files.readString(latest(name))).get("rows")) {
      for (GpuModel gpu : GPUS) {
        JsonNode predicted = row.get("predicted").get(gpu.name());
        Set<Resource> near = Set.copyOf(bounds(gpu, predicted).near());
        assertThat(predicted.get("why").asString().isEmpty()).isEqualTo(near.isEmpty());
        near.forEach(
            one -> assertThat(predicted.get("why").asString()).contains(one.label() + ": "));
        seen.put(name(gpu, row), near);
      }
    }
    assertThat(seen).isEqualTo(expected(seen.keySet()));
    if (name.equals(PRODUCTS)) {
      assertThat(EXPECTED)
          .allSatisfy(
              one -> assertThat(seen.keySet()).anyMatch(pass -> pass.matches(one.passes())));
    }
  }

  /** Of one tile; in {@link #allCountsAreStillThose} the others. */
  @Test
  void countsAreStillThose() {
    asCommitted("linear", List.of("128x128"));
  }

  @Tag("sweep")
  @ParameterizedTest
  @ValueSource(strings = {"linear", "activated", "gated", "head"})
  void allCountsAreStillThose(String group) {
    asCommitted(group, List.of());
  }

  private static void asCommitted(String group, List<String> tiles) {
    Map<String, Set<Resource>> seen = new LinkedHashMap<>();
    List<BenchCase> cases =
        ProductSuite.of(DType.BF16, List.of(ProductSuite.DEFAULT_SHAPE))
            .only(List.of(group), tiles)
            .cases();
    try (Device device = Devices.open("sim", DeviceOptions.defaults()).device();
        KernelBench bench = new KernelBench(device)) {
      for (BenchCase row : cases) {
        BenchResult result = bench.measure(row);
        for (GpuModel gpu : GPUS) {
          Bounds bounds = Bounds.of(result, gpu).orElseThrow();
          seen.put(gpu.name() + " " + pass(row), Set.copyOf(bounds.near()));
          assertThat(Exceptions.why(result, bounds).isEmpty()).isEqualTo(bounds.isClear());
        }
      }
    }
    assertThat(seen).isNotEmpty().isEqualTo(expected(seen.keySet()));
  }

  private static Map<String, Set<Resource>> expected(Set<String> passes) {
    Map<String, Set<Resource>> expected = new LinkedHashMap<>();
    for (String pass : passes) {
      Set<Resource> near = Set.of();
      for (Expected one : EXPECTED) {
        near = Pattern.matches(one.passes(), pass) ? one.near() : near;
      }
      expected.put(pass, near);
    }
    return expected;
  }

  private static String pass(BenchCase row) {
    return String.join(" ", row.kernel(), row.pass(), row.extents(), row.tile()).strip();
  }

  private static String name(GpuModel gpu, JsonNode row) {
    List<String> extents = new ArrayList<>();
    row.get("shape").forEach(extent -> extents.add(extent.asString()));
    String tile = row.path("tile").asString("");
    return String.join(
            " ",
            gpu.name(),
            row.get("kernel").asString(),
            row.get("pass").asString(),
            String.join("x", extents),
            tile)
        .strip();
  }

  private static Bounds bounds(GpuModel gpu, JsonNode predicted) {
    Map<Resource, Double> seconds = new LinkedHashMap<>();
    for (Resource resource : Resource.values()) {
      JsonNode value = predicted.get(resource.name().toLowerCase(Locale.ROOT));
      if (value != null) {
        seconds.put(resource, value.asDouble());
      }
    }
    return new Bounds(gpu, seconds);
  }

  private static Path latest(String end) throws IOException {
    try (Stream<Path> files = Files.list(RESULTS)) {
      return files
          .filter(file -> file.getFileName().toString().endsWith(end))
          .max(Path::compareTo)
          .orElseThrow();
    }
  }
}
