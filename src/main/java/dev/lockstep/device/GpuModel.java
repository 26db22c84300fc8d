package dev.lockstep.device;

import java.util.List;
import java.util.Optional;

/**
 * A GPU the simulator can model, as its maker describes it. Kernels see its multiprocessors and
 * meet its limits; a roofline is drawn from its rates.
 *
 * @param name what it is chosen by, for example {@code a100}
 * @param product its product name
 * @param multiprocessors enabled streaming multiprocessors
 * @param l2Bytes second-level cache
 * @param memoryBytes device memory
 * @param rates what it can do per second at its boost clock
 */
public record GpuModel(
    String name,
    String product,
    ComputeCapability capability,
    int multiprocessors,
    long l2Bytes,
    long memoryBytes,
    Rates rates) {

  /**
   * Peak rates, without sparsity.
   *
   * @param memory bytes per second from and to device memory
   * @param f64 FLOP/s outside tensor cores; likewise {@code f32}
   * @param tf32 FLOP/s of tensor cores; 0 where they do not know the type
   * @param f16 FLOP/s of tensor cores on f16 with f32 sums
   * @param bf16 likewise on bf16
   * @param int8 operations per second of tensor cores
   */
  public record Rates(
      double memory, double f64, double f32, double tf32, double f16, double bf16, double int8) {}

  private static final long MIB = 1L << 20;
  private static final long GIB = 1L << 30;

  /** "NVIDIA Tesla V100 GPU Architecture" white paper (WP-08608), table 1. */
  private static final GpuModel V100 =
      new GpuModel(
          "v100",
          "NVIDIA V100 SXM2 16 GB",
          ComputeCapability.CC_70,
          80,
          6 * MIB,
          16 * GIB,
          rates(900, 7.8, 15.7, 0, 125, 0, 0));

  /** "NVIDIA Turing GPU Architecture" white paper (WP-09183), appendix on the Tesla T4. */
  private static final GpuModel T4 =
      new GpuModel(
          "t4",
          "NVIDIA T4",
          ComputeCapability.CC_75,
          40,
          4 * MIB,
          16 * GIB,
          rates(320, 0.25, 8.1, 0, 65, 0, 130));

  /**
   * "NVIDIA A100 Tensor Core GPU Architecture" white paper and the data sheet of the 80 GB card.
   */
  private static final GpuModel A100 =
      new GpuModel(
          "a100",
          "NVIDIA A100 SXM4 80 GB",
          ComputeCapability.CC_80,
          108,
          40 * MIB,
          80 * GIB,
          rates(2039, 9.7, 19.5, 156, 312, 312, 624));

  /** "NVIDIA Ampere GA102 GPU Architecture" white paper, appendix on the GeForce RTX 3090. */
  private static final GpuModel RTX3090 =
      new GpuModel(
          "rtx3090",
          "NVIDIA GeForce RTX 3090",
          ComputeCapability.CC_86,
          82,
          6 * MIB,
          24 * GIB,
          rates(936, 0.556, 35.6, 35.6, 71, 71, 284));

  /** "NVIDIA Ada GPU Architecture" white paper, appendix A. */
  private static final GpuModel RTX4090 =
      new GpuModel(
          "rtx4090",
          "NVIDIA GeForce RTX 4090",
          ComputeCapability.CC_89,
          128,
          72 * MIB,
          24 * GIB,
          rates(1008, 1.29, 82.6, 82.6, 165.2, 165.2, 660.6));

  /** "NVIDIA L4" data sheet; its rates are given with sparsity there. */
  private static final GpuModel L4 =
      new GpuModel(
          "l4",
          "NVIDIA L4",
          ComputeCapability.CC_89,
          58,
          48 * MIB,
          24 * GIB,
          rates(300, 0.47, 30.3, 60, 121, 121, 242));

  /** "NVIDIA L40S" data sheet. */
  private static final GpuModel L40S =
      new GpuModel(
          "l40s",
          "NVIDIA L40S",
          ComputeCapability.CC_89,
          142,
          96 * MIB,
          48 * GIB,
          rates(864, 1.43, 91.6, 183, 362, 362, 733));

  /** "NVIDIA H100 Tensor Core GPU Architecture" white paper, table 3 (SXM5). */
  private static final GpuModel H100 =
      new GpuModel(
          "h100",
          "NVIDIA H100 SXM5 80 GB",
          ComputeCapability.CC_90,
          132,
          50 * MIB,
          80 * GIB,
          rates(3352, 33.5, 66.9, 494.7, 989.4, 989.4, 1978.9));

  /** "NVIDIA H200" data sheet: an H100 with other memory. */
  private static final GpuModel H200 =
      new GpuModel(
          "h200",
          "NVIDIA H200 SXM5 141 GB",
          ComputeCapability.CC_90,
          132,
          50 * MIB,
          141 * GIB,
          rates(4800, 33.5, 66.9, 494.7, 989.4, 989.4, 1978.9));

  /** "NVIDIA HGX B200" data sheet, an eighth of the board; L2 as the CUDA driver reports it. */
  private static final GpuModel B200 =
      new GpuModel(
          "b200",
          "NVIDIA B200 SXM 180 GB",
          ComputeCapability.CC_100,
          148,
          126 * MIB,
          180 * GIB,
          rates(8000, 37, 75, 1100, 2250, 2250, 4500));

  private static final List<GpuModel> ALL =
      List.of(V100, T4, A100, RTX3090, RTX4090, L4, L40S, H100, H200, B200);

  /** Every model, oldest architecture first. */
  public static List<GpuModel> all() {
    return ALL;
  }

  /**
   * The model of a name.
   *
   * @throws IllegalArgumentException when there is none, listing those there are
   */
  public static GpuModel named(String name) {
    for (GpuModel model : ALL) {
      if (model.name.equals(name)) {
        return model;
      }
    }
    throw new IllegalArgumentException(
        "no GPU \"%s\" is modelled; there are %s"
            .formatted(name, String.join(", ", ALL.stream().map(GpuModel::name).toList())));
  }

  /**
   * The model of a GPU that tells of itself what this one does, so that a real GPU finds its model
   * as the simulated one does; its product name may be put in other words.
   */
  public static Optional<GpuModel> of(DeviceInfo info) {
    return ALL.stream()
        .filter(
            model ->
                model.capability.toString().equals(info.computeCapability())
                    && model.multiprocessors == info.multiprocessors()
                    && Math.abs(model.memoryBytes - info.memoryBytes()) < 0.15 * model.memoryBytes)
        .findFirst();
  }

  /** Clocks per second behind {@link #rates}: a lane does a multiply-add, two operations, each. */
  public double clock() {
    return rates.f32 / (2.0 * capability.f32Lanes() * multiprocessors);
  }

  /** Instructions all warps together can begin per second: one for each scheduler and clock. */
  public double warpInstructions() {
    return rates.f32 * ComputeCapability.SCHEDULERS_PER_SM / (2.0 * capability.f32Lanes());
  }

  /** From gigabytes and tera-operations per second. */
  private static Rates rates(
      double memory, double f64, double f32, double tf32, double f16, double bf16, double int8) {
    return new Rates(
        memory * 1e9, f64 * 1e12, f32 * 1e12, tf32 * 1e12, f16 * 1e12, bf16 * 1e12, int8 * 1e12);
  }
}
