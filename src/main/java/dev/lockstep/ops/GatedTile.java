package dev.lockstep.ops;

import dev.lockstep.device.Kernel;
import dev.lockstep.device.Launch;
import dev.lockstep.numeric.DType;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/**
 * The tiles of h for which a block computes gate and up: two products share the registers that a
 * {@link GemmTile} has for one.
 */
public enum GatedTile {
  /** Four warps of 32 × 32 of each, for any type. */
  SMALL("", GemmTile.SMALL, 64, 64),
  /** Four warps of 64 × 32 of each on tensor cores. */
  LARGE("_128x64", GemmTile.LARGE, 128, 64);

  private static final int THREADS = 128;

  private final String suffix;
  private final GemmTile single;
  private final int rows;
  private final int cols;

  GatedTile(String suffix, GemmTile single, int rows, int cols) {
    this.suffix = suffix;
    this.single = single;
    this.rows = rows;
    this.cols = cols;
  }

  /** The tile for an h that is {@code hidden} wide, of projections from {@code depth}. */
  static GatedTile of(DType dtype, long hidden, long depth) {
    GemmTile single = GemmTile.of(dtype, MatrixPrecision.FP32, hidden, depth);
    return single == GemmTile.SMALL ? SMALL : LARGE;
  }

  /** For example {@code 128x64}. */
  public String label() {
    return rows + "x" + cols;
  }

  /** Whether there are kernels with this tile for a storage type. */
  public boolean takes(DType dtype) {
    return single.takes(dtype, MatrixPrecision.FP32);
  }

  /** That of a single product with as many warps, which hold as much each. */
  public GemmTile single() {
    return single;
  }

  /** Of h. */
  public int rows() {
    return rows;
  }

  /** Of h. */
  public int cols() {
    return cols;
  }

  /** One block for each tile of an h of {@code height} × {@code width}. */
  Launch launch(long height, long width) {
    return Launch.of(
        Math.multiplyExact(Math.ceilDiv(height, (long) rows), Math.ceilDiv(width, (long) cols)),
        THREADS);
  }

  /** The entries of the forward pass. */
  static final class Family {
    private final Map<GatedTile, KernelFamily> families = new EnumMap<>(GatedTile.class);

    /** What f32 tensors take, as they are to be multiplied. */
    private final LazyKernel f32;

    Family(KernelLibrary library, MatrixPrecision precision) {
      f32 = new LazyKernel(library, "swiglu", "swiglu_forward_" + precision.suffix());
      for (GatedTile tile : values()) {
        families.put(
            tile,
            new KernelFamily(library, "swiglu" + tile.suffix, "swiglu_forward" + tile.suffix));
      }
    }

    Kernel of(GatedTile tile, DType dtype) {
      return dtype == DType.F32 ? f32.get() : Objects.requireNonNull(families.get(tile)).of(dtype);
    }
  }
}
