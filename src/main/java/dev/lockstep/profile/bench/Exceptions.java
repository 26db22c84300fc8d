package dev.lockstep.profile.bench;

import dev.lockstep.device.ComputeCapability;
import dev.lockstep.device.GpuModel;
import dev.lockstep.profile.Units;
import dev.lockstep.profile.bench.Bounds.Resource;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Why something else than memory or tensor cores limits a pass, or nearly: of each pass in figures,
 * from what was counted, and of all passes that share a reason in words.
 */
final class Exceptions {
  /** The first architecture whose tensor cores read shared memory themselves. */
  private static final String OWN_OPERANDS = "sm_90";

  private static final String ARITHMETIC =
      "much arithmetic for few bytes, as the error function takes at the accuracy of f32; the fast"
          + " form of an activation takes less";

  private Exceptions() {}

  /** In figures; empty where nothing else comes near. */
  static String why(BenchResult result, Bounds bounds) {
    return bounds.near().stream()
        .map(near -> near.label() + ": " + figures(near, result, bounds))
        .collect(Collectors.joining("; "));
  }

  private static String figures(Resource near, BenchResult result, Bounds bounds) {
    if (near == Resource.LAUNCH) {
      return "%d beside %s".formatted(result.launches(), Units.bytes(result.bytesMoved()));
    }
    if (result.product().isPresent()) {
      return perProduct(near, result.product().get().products(), bounds);
    }
    double elements = result.row().elements();
    return text(
        "%.1f %s an element of %.1f bytes",
        needed(near, result) / elements, unit(near), result.bytesMoved() / elements);
  }

  /** What the whole pass needs of a resource, counted. */
  private static double needed(Resource near, BenchResult result) {
    Arithmetic arithmetic = result.arithmetic().orElseThrow();
    Traffic traffic = result.traffic().orElseThrow();
    return switch (near) {
      case FP32 -> arithmetic.f32();
      case SPECIAL -> (double) arithmetic.special() * ComputeCapability.WARP;
      case ISSUE -> traffic.threadInstructions();
      case SHARED -> traffic.wavefronts();
      case DRAM, TENSOR, LAUNCH -> throw new IllegalArgumentException(near + " has no such unit");
    };
  }

  private static String unit(Resource near) {
    return switch (near) {
      case FP32 -> "operations";
      case SPECIAL -> "functions";
      case ISSUE -> "instructions";
      case SHARED -> "wavefronts";
      case DRAM, TENSOR, LAUNCH -> throw new IllegalArgumentException(near + " has no such unit");
    };
  }

  private static String perProduct(Resource near, long products, Bounds bounds) {
    double clock = perClock(bounds.gpu());
    return text(
        "%.2f clocks a product, tensor cores take %.2f",
        bounds.secondsOf(near) * clock / products,
        bounds.secondsOf(Resource.TENSOR) * clock / products);
  }

  private static double perClock(GpuModel gpu) {
    return gpu.multiprocessors() * gpu.clock();
  }

  /** In words, a line for each resource that limits one of the passes, or nearly. */
  static List<String> inWords(GpuModel gpu, List<Predictions.Row> rows) {
    Set<Resource> all = EnumSet.noneOf(Resource.class);
    rows.forEach(row -> all.addAll(row.bounds().near()));
    boolean products = rows.stream().anyMatch(row -> row.result().product().isPresent());
    return all.stream().map(one -> one.label() + ": " + words(one, gpu, products)).toList();
  }

  private static String words(Resource near, GpuModel gpu, boolean products) {
    return switch (near) {
      case SHARED -> products ? shared(gpu) : "rows are exchanged between warps";
      case LAUNCH -> "the shape is small: kernels begin for longer than they run";
      case FP32, ISSUE, SPECIAL ->
          products ? "f32 is multiplied exactly, by plain multiply-adds" : ARITHMETIC;
      case DRAM, TENSOR -> "what is meant to limit";
    };
  }

  private static String shared(GpuModel gpu) {
    String tiles =
        "operands go from shared memory through registers to tensor cores, and the smaller a tile,"
            + " the more often";
    return readsSharedMemory(gpu.capability())
        ? tiles
            + "; the peak of this GPU is that of wgmma, whose tensor cores read shared memory"
            + " themselves, and PTX for sm_80 has mma.sync only: no tile of it reaches that peak"
        : tiles + ": 64x64 is for few rows, where large tiles would leave multiprocessors idle";
  }

  private static boolean readsSharedMemory(ComputeCapability capability) {
    return capability.runs(OWN_OPERANDS);
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
