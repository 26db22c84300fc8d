package dev.lockstep.ops;

import dev.lockstep.device.Kernel;
import dev.lockstep.numeric.DType;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The entries of one pass, one per storage type: {@code linear_forward_f32}, {@code …_bf16}. */
final class KernelFamily {
  private final String stem;
  private final Map<DType, LazyKernel> kernels = new EnumMap<>(DType.class);

  KernelFamily(KernelLibrary library, String image, String stem) {
    this.stem = stem;
    for (DType dtype : new DType[] {DType.F32, DType.F16, DType.BF16}) {
      kernels.put(dtype, new LazyKernel(library, image, stem + "_" + dtype.suffix()));
    }
  }

  /**
   * The entry for a storage type.
   *
   * @throws IllegalArgumentException for one no kernel computes with
   */
  Kernel of(DType dtype) {
    @Nullable LazyKernel kernel = kernels.get(dtype);
    if (kernel == null) {
      throw new IllegalArgumentException(
          "%s: dtype %s is not supported; f32, f16 and bf16 are".formatted(stem, dtype.suffix()));
    }
    return kernel.get();
  }
}
