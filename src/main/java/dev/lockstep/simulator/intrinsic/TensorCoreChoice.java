package dev.lockstep.simulator.intrinsic;

/** Picks the implementations of {@link TensorCore} and {@link TileMultiplier} when first asked. */
final class TensorCoreChoice {
  // The incubating module is there only when the command line asked for it (--add-modules);
  // classes that use it must not even be loaded otherwise.
  private static final boolean VECTORS =
      ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
          && VectorTensorCore.isFast();

  static final TensorCore BEST = VECTORS ? new VectorTensorCore() : new PlainTensorCore();
  static final TileMultiplier TILES =
      VECTORS ? new VectorTileMultiplier() : new PlainTileMultiplier();

  private TensorCoreChoice() {}
}
