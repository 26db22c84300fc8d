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
  static GatedTile of(DType dtype, MatrixPrecision precision, long hidden, long depth) {
    GemmTile single = GemmTile.of(dtype, precision, hidden, depth);
    return single == GemmTile.SMALL ? SMALL : LARGE;
  }

  /** For example {@code 128x64}. */
  public String label() {
    return rows + "x" + cols;
  }

  /** Whether there are kernels with this tile for a storage type. */
  public boolean takes(DType dtype, MatrixPrecision precision) {
    return single.takes(dtype, precision);
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
    private final Map<GatedTile, LazyKernel> f32 = new EnumMap<>(GatedTile.class);

    Family(KernelLibrary library, MatrixPrecision precision) {
      for (GatedTile tile : values()) {
        String image = "swiglu" + tile.suffix;
        String entry = "swiglu_forward" + tile.suffix;
        families.put(tile, new KernelFamily(library, image, entry));
        String suffix = "_" + precision.suffix();
        // Where there is one tile, all ways to multiply are in one image.
        f32.put(
            tile, new LazyKernel(library, tile == SMALL ? image : image + suffix, entry + suffix));
      }
    }

    Kernel of(GatedTile tile, DType dtype) {
      return dtype == DType.F32
          ? Objects.requireNonNull(f32.get(tile)).get()
          : Objects.requireNonNull(families.get(tile)).of(dtype);
    }
  }
}
