package dev.lockstep.ops;

import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Tensor;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Copies a tensor into another storage type: f32, f16 and bf16, each to each other. */
public final class Cast {
  private static final List<DType> TYPES = List.of(DType.F32, DType.F16, DType.BF16);

  /** By source, then target. */
  private final Map<DType, Map<DType, LazyKernel>> kernels = new EnumMap<>(DType.class);

  private final Operands operands = new Operands();

  /** Takes its kernels from {@code library}, which must stay open while this is in use. */
  public Cast(KernelLibrary library) {
    for (DType from : TYPES) {
      Map<DType, LazyKernel> targets = new EnumMap<>(DType.class);
      for (DType to : TYPES) {
        if (from != to) {
          String entry = "cast_" + from.suffix() + "_" + to.suffix();
          targets.put(to, new LazyKernel(library, "cast", entry));
        }
      }
      kernels.put(from, targets);
    }
  }

  /**
   * target = source, each element rounded to nearest, ties to even. What the target's type cannot
   * hold does not saturate: beyond 65519.99 an f16 is infinite, as bf16 is beyond 3.3961e38. NaN
   * stays NaN, −0 stays −0, and numbers below the smallest normal one become subnormal.
   *
   * @throws IllegalArgumentException when the two have the same type (copy instead) or one of them
   *     is no type kernels compute with
   */
  public void cast(Stream stream, Tensor target, Tensor source) {
    @Nullable LazyKernel kernel =
        kernels.getOrDefault(source.dtype(), Map.of()).get(target.dtype());
    if (kernel == null) {
      throw new IllegalArgumentException(
          "cast from %s to %s: two different types of f32, f16 and bf16 are needed"
              .formatted(source.dtype().suffix(), target.dtype().suffix()));
    }
    long n = source.count();
    operands
        .begin(kernel.get())
        .output("target", target, target.dtype(), n)
        .input("source", source, source.dtype(), n)
        .int64(n)
        .checked()
        .launch(stream, ElementwiseLaunch.of(n, ElementwiseLaunch.MANY_PER_THREAD).launch());
  }
}
