package dev.lockstep.profile.bench;

import dev.lockstep.device.Counter;
import dev.lockstep.device.Counts;
import dev.lockstep.device.LaunchCounts;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What the launches of a pass did around its tensor cores.
 *
 * @param products instructions of tensor cores, by warps
 * @param instructions by warps, those included, of all launches
 * @param loop the same of the main loop alone; empty where it was not found
 * @param tensorFlops floating-point operations of tensor cores
 * @param otherFlops all others
 */
public record ProductCounts(
    long products, long instructions, Optional<Loop> loop, long tensorFlops, long otherFlops) {
  /** Instructions by warps, and those of tensor cores among them. */
  public record Loop(long products, long instructions) {}

  /**
   * Of all launches together.
   *
   * @param loop where the main loop is in the kernel called {@code main}
   * @return empty where no tensor core was used
   */
  static Optional<ProductCounts> of(
      List<LaunchCounts> launches, String main, Optional<MainLoop> loop) {
    Counts.Builder sum = new Counts.Builder();
    Counts.Builder inLoop = new Counts.Builder();
    for (LaunchCounts launch : launches) {
      sum.add(launch.totals());
      if (launch.kernel().equals(main)) {
        loop.ifPresent(lines -> inLoop.add(lines.of(launch)));
      }
    }
    Counts totals = sum.build();
    long products = totals.get(Counter.TENSOR);
    if (products == 0) {
      return Optional.empty();
    }
    Counts repeated = inLoop.build();
    return Optional.of(
        new ProductCounts(
            products,
            totals.get(Counter.INSTRUCTIONS),
            loop.map(
                lines ->
                    new Loop(repeated.get(Counter.TENSOR), repeated.get(Counter.INSTRUCTIONS))),
            totals.get(Counter.TENSOR_FLOPS),
            totals.flops()));
  }

  /** Instructions by warps for each of a tensor core. */
  public OptionalDouble instructionsEach() {
    return OptionalDouble.of((double) instructions / products);
  }

  /** The same inside the main loop. */
  public OptionalDouble loopInstructionsEach() {
    return loop.isPresent()
        ? OptionalDouble.of((double) loop.get().instructions() / loop.get().products())
        : OptionalDouble.empty();
  }

  /** Share of floating-point operations done by tensor cores, from 0 to 1. */
  public double tensorShare() {
    return (double) tensorFlops / (tensorFlops + otherFlops);
  }
}
