package dev.lockstep.profile.bench;

import dev.lockstep.device.DeviceInfo;
import dev.lockstep.device.GpuModel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Results for machines. What a device did not say is null. */
public final class BenchJson {
  private BenchJson() {}

  /**
   * All results of a run.
   *
   * @param peaks where passes were timed
   * @param predicted GPUs to say of what the passes would take there at least
   */
  public static Map<String, Object> of(
      String version,
      DeviceInfo device,
      List<BenchResult> results,
      List<Fusion.Saving> savings,
      Optional<Peaks> peaks,
      List<GpuModel> predicted) {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("lockstep", version);
    root.put("device", device.name());
    root.put("computeCapability", device.computeCapability());
    root.put(
        "missed",
        results.stream().filter(result -> !result.misses().isEmpty()).count()
            + savings.stream().filter(Fusion.Saving::isMissed).count());
    peaks.ifPresent(best -> root.put("peaks", peaks(best)));
    root.put("rows", results.stream().map(result -> row(result, predicted)).toList());
    if (!savings.isEmpty()) {
      root.put("savings", savings.stream().map(Fusion::json).toList());
    }
    return root;
  }

  private static Map<String, @Nullable Object> peaks(Peaks peaks) {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("copyBytesPerSecond", peaks.copy());
    json.put("productFlopsPerSecond", orNull(peaks.product()));
    json.put("tf32FlopsPerSecond", orNull(peaks.tf32()));
    json.put("productBy", peaks.by());
    return json;
  }

  /** One result. */
  static Map<String, @Nullable Object> row(BenchResult result, List<GpuModel> predicted) {
    BenchCase row = result.row();
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("kernel", row.kernel());
    json.put("pass", row.pass());
    json.put("dtype", row.dtype().suffix());
    json.put("shape", LongStream.of(row.shape().extents()).boxed().toList());
    json.put("sectors", result.traffic().map(Traffic::sectors).orElse(null));
    json.put("minimalSectors", row.minimalSectors());
    json.put("ratio", orNull(result.ratio()));
    json.put("bankConflicts", result.traffic().map(Traffic::bankConflicts).orElse(null));
    json.put("instructionsPerElement", orNull(result.instructionsPerElement()));
    json.put("registers", result.resources().map(taken -> taken.registers()).orElse(null));
    json.put("spills", result.spillBytes());
    json.put("occupancy", result.occupancy().map(Occupancy::share).orElse(null));
    // Those above are what a table shows; the rest is for whoever looks closer.
    row.product().ifPresent(product -> product(json, product, result));
    json.put("limit", orNull(row.limit()));
    json.put("misses", result.misses());
    json.put("gpu", result.gpu().map(model -> model.name()).orElse(null));
    json.put("elements", row.elements());
    json.put("minimalBytes", row.fewestBytes());
    json.put("bytesPerSector", result.traffic().map(Traffic::bytesPerSector).orElse(null));
    json.put("compulsoryBytes", result.traffic().map(Traffic::compulsoryBytes).orElse(null));
    json.put("sharedWavefronts", result.traffic().map(Traffic::wavefronts).orElse(null));
    json.put("localSectors", result.traffic().map(Traffic::localSectors).orElse(null));
    json.put("warpInstructions", result.traffic().map(Traffic::instructions).orElse(null));
    json.put("f32Operations", result.arithmetic().map(Arithmetic::f32).orElse(null));
    json.put("specialInstructions", result.arithmetic().map(Arithmetic::special).orElse(null));
    json.put("tensorFlops", result.arithmetic().map(Arithmetic::tensorFlops).orElse(null));
    json.put("launches", result.launches());
    json.put("entries", result.kernels());
    json.put("mainEntry", result.main());
    json.put("grid", result.launch().grid().count());
    json.put("block", result.launch().block().count());
    json.put("sharedBytes", result.resources().map(result::sharedBytes).orElse(null));
    json.put(
        "occupancyLimit",
        result
            .occupancy()
            .map(share -> share.limit().name().toLowerCase(Locale.ROOT))
            .orElse(null));
    json.put("memorySeconds", orNull(result.memorySeconds()));
    json.put("issueSeconds", orNull(result.issueSeconds()));
    json.put("seconds", orNull(result.seconds()));
    json.put("lowerQuartileSeconds", result.timing().map(Timing::lower).orElse(null));
    json.put("upperQuartileSeconds", result.timing().map(Timing::upper).orElse(null));
    json.put("runs", result.timing().map(Timing::runs).orElse(null));
    json.put("bytesPerSecond", orNull(result.bytesPerSecond()));
    if (!predicted.isEmpty()) {
      json.put("predicted", Predictions.json(result, predicted));
    }
    return json;
  }

  /** What matrix products have besides. */
  private static void product(
      Map<String, @Nullable Object> json, ProductLimits product, BenchResult result) {
    Optional<ProductCounts> counts = result.product();
    if (!product.tile().isEmpty()) {
      json.put("tile", product.tile());
    }
    json.put("flops", product.flops());
    json.put("flopsPerSecond", orNull(result.flopsPerSecond()));
    json.put("tileSectors", result.row().plannedSectors());
    json.put(
        "instructionsPerMma", counts.map(each -> orNull(each.instructionsEach())).orElse(null));
    json.put(
        "loopInstructionsPerMma",
        counts.map(each -> orNull(each.loopInstructionsEach())).orElse(null));
    json.put("tensorShare", counts.map(ProductCounts::tensorShare).orElse(null));
    Map<String, Object> architectures = new LinkedHashMap<>();
    result
        .compiled()
        .forEach(
            (gpu, taken) ->
                architectures.put(
                    gpu.architecture(),
                    new TreeMap<>(
                        Map.of(
                            "registers", taken.registers(),
                            "spills", taken.spillBytes(),
                            "sharedBytes", result.sharedBytes(taken),
                            "residentWarps",
                                result.occupancy(gpu).map(Occupancy::warps).orElse(0)))));
    json.put("architectures", architectures);
  }

  private static @Nullable Object orNull(OptionalDouble value) {
    return value.isPresent() ? value.getAsDouble() : null;
  }
}
