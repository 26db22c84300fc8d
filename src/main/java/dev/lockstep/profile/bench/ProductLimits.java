package dev.lockstep.profile.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What a matrix product computes, and is held to beside its traffic; empty where it is held to
 * nothing.
 *
 * @param tile of the result that a block computes, for example {@code 128x128}; empty where it is
 *     not ours to know
 * @param flops multiplications and additions of its sums
 * @param instructions by warps, of all launches, for each of a tensor core's
 * @param loopInstructions the same inside the main loop
 * @param tensorShare share of floating-point operations that tensor cores must do
 * @param warps that must be resident on a multiprocessor of {@link Architectures#HELD}
 */
public record ProductLimits(
    String tile,
    double flops,
    OptionalDouble instructions,
    OptionalDouble loopInstructions,
    OptionalDouble tensorShare,
    int warps) {
  /** What is worse than it may be, each in a few words. */
  List<String> misses(BenchResult result) {
    List<String> misses = new ArrayList<>();
    Optional<ProductCounts> counts = result.product();
    if (counts.isPresent()) {
      above(misses, counts.get().instructionsEach(), instructions, "instructions per mma");
      above(misses, counts.get().loopInstructionsEach(), loopInstructions, "of them in the loop");
      double share = counts.get().tensorShare();
      if (tensorShare.isPresent() && share < tensorShare.getAsDouble()) {
        misses.add(
            "%.1f %% of operations on tensor cores, %.0f %% needed"
                .formatted(100 * share, 100 * tensorShare.getAsDouble()));
      }
    }
    result
        .compiled()
        .forEach(
            (gpu, taken) -> {
              if (taken.spillBytes() > 0) {
                misses.add(
                    "%d bytes of registers spilled on %s"
                        .formatted(taken.spillBytes(), gpu.architecture()));
              }
              int resident = result.occupancy(gpu).map(Occupancy::warps).orElse(0);
              if (Architectures.HELD.contains(gpu) && resident < warps) {
                misses.add(
                    "%d resident warps on %s, %d needed"
                        .formatted(resident, gpu.architecture(), warps));
              }
            });
    return misses;
  }

  private static void above(
      List<String> misses, OptionalDouble value, OptionalDouble limit, String what) {
    if (value.isPresent()
        && limit.isPresent()
        && value.getAsDouble() > limit.getAsDouble() * (1 + BenchResult.ROUNDING)) {
      misses.add("%.3f %s, %.2f allowed".formatted(value.getAsDouble(), what, limit.getAsDouble()));
    }
  }
}
