package dev.lockstep.profile.bench;

import dev.lockstep.device.Counter;
import dev.lockstep.device.Counts;
import dev.lockstep.device.LaunchCounts;
import java.util.List;

/**
 * What the launches of a pass computed together, as counted.
 *
 * @param f32 additions, multiplications and fused multiply-adds of f32, by threads: each takes a
 *     lane for a clock
 * @param special instructions for special functions (exponentials, roots, reciprocals), by warps
 * @param tensorFlops floating-point operations of tensor cores
 * @param flops all others, a fused multiply-add being two
 */
public record Arithmetic(long f32, long special, long tensorFlops, long flops) {
  /** Of all these launches together. */
  static Arithmetic of(List<LaunchCounts> launches) {
    Counts.Builder sum = new Counts.Builder();
    launches.forEach(launch -> sum.add(launch.totals()));
    Counts totals = sum.build();
    return new Arithmetic(
        totals.sum(Counter.FADD, Counter.FMUL, Counter.FFMA),
        totals.get(Counter.SPECIAL),
        totals.get(Counter.TENSOR_FLOPS),
        totals.flops());
  }

  /** All floating-point operations. */
  public long allFlops() {
    return tensorFlops + flops;
  }
}
