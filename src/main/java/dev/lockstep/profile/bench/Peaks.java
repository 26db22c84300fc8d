package dev.lockstep.profile.bench;

import dev.lockstep.numeric.DType;
import java.util.OptionalDouble;

/**
 * What the device was seen to do at best, in the run whose results are compared with it.
 *
 * @param copy bytes read and written per second by a copy on the device
 * @param product FLOP/s of a large matrix product of the run's type; empty where none was asked for
 * @param tf32 the same of f32 tensors as TF32; empty for other types
 * @param by who multiplied, for example {@code cuBLAS}
 */
public record Peaks(double copy, OptionalDouble product, OptionalDouble tf32, String by) {
  /** The rate a product is a share of. */
  OptionalDouble of(BenchCase row) {
    return row.isTf32() ? tf32 : product;
  }

  /** In one line. */
  @Override
  public String toString() {
    return "peaks    %.0f GB/s copied%s%s"
        .formatted(
            1e-9 * copy, rate(product, ""), rate(tf32, " as " + DType.F32.suffix() + " in TF32"));
  }

  private String rate(OptionalDouble flops, String how) {
    return flops.isPresent()
        ? ", %.3g TFLOP/s multiplied by %s%s".formatted(1e-12 * flops.getAsDouble(), by, how)
        : "";
  }
}
