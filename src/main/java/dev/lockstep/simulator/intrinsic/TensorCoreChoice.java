package dev.lockstep.simulator.intrinsic;

/** Picks the {@link TensorCore} implementation when first asked. */
final class TensorCoreChoice {
  static final TensorCore BEST = choose();

  private TensorCoreChoice() {}

  private static TensorCore choose() {
    // The incubating module is there only when the command line asked for it (--add-modules);
    // VectorTensorCore must not even be loaded otherwise.
    boolean vectors = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    return vectors && VectorTensorCore.isFast() ? new VectorTensorCore() : new PlainTensorCore();
  }
}
