package dev.lockstep.profile.bench;

import dev.lockstep.device.ComputeCapability;
import dev.lockstep.device.GpuModel;
import dev.lockstep.numeric.DType;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a pass takes at least on a GPU, predicted from what was counted and from published peaks
 * ({@link GpuModel}): the time each resource needs when it does nothing else and never waits. The
 * pass takes at least as long as the longest of them, its limiter. No figure of these was measured
 * on a GPU.
 *
 * @param seconds of each resource
 */
public record Bounds(GpuModel gpu, Map<Resource, Double> seconds) {
  /**
   * Beyond this share of the limiter another resource may limit as well, where it is used unevenly.
   */
  public static final double CLEAR = 1 / 1.15;

  /**
   * Seconds from the end of one kernel to the beginning of the next at best, in a CUDA graph: 3.4
   * us a kernel that runs for 2.9 us (A. Gray, "Getting Started with CUDA Graphs", NVIDIA, 2019).
   */
  private static final double LAUNCH = 0.5e-6;

  /**
   * Results of special functions per clock and multiprocessor, on every architecture we know (CUDA
   * C++ Programming Guide, table "Throughput of Native Arithmetic Instructions").
   */
  private static final int SPECIAL_LANES = 16;

  /** What a kernel needs of a GPU. */
  public enum Resource {
    /** Bytes from and to device memory: each once. */
    DRAM("memory"),
    /** Floating-point operations of tensor cores. */
    TENSOR("tensor cores"),
    /** Operations on f32 outside them. */
    FP32("fp32 lanes"),
    /** Exponentials, roots, reciprocals. */
    SPECIAL("special functions"),
    /** Instructions, one a clock for each scheduler. */
    ISSUE("issue slots"),
    /** Wavefronts of shared memory, one a clock for each multiprocessor. */
    SHARED("shared memory"),
    /** Beginnings of kernels. */
    LAUNCH("launches");

    private final String label;

    Resource(String label) {
      this.label = label;
    }

    /** In words. */
    public String label() {
      return label;
    }
  }

  public Bounds {
    seconds = Collections.unmodifiableMap(new EnumMap<>(seconds));
  }

  /** Of a result that was counted; empty for others. */
  public static Optional<Bounds> of(BenchResult result, GpuModel gpu) {
    if (result.traffic().isEmpty() || result.arithmetic().isEmpty()) {
      return Optional.empty();
    }
    Traffic traffic = result.traffic().get();
    Arithmetic arithmetic = result.arithmetic().get();
    double clock = gpu.clock();
    double perClock = gpu.multiprocessors() * clock;
    Map<Resource, Double> seconds = new EnumMap<>(Resource.class);
    seconds.put(Resource.DRAM, result.bytesMoved() / gpu.rates().memory());
    if (arithmetic.tensorFlops() > 0) {
      seconds.put(
          Resource.TENSOR, arithmetic.tensorFlops() / tensorRate(gpu, result.row().dtype()));
    }
    seconds.put(Resource.FP32, arithmetic.f32() / (perClock * gpu.capability().f32Lanes()));
    seconds.put(
        Resource.SPECIAL,
        (double) arithmetic.special() * ComputeCapability.WARP / (perClock * SPECIAL_LANES));
    seconds.put(Resource.ISSUE, traffic.instructions() / gpu.warpInstructions());
    seconds.put(Resource.SHARED, traffic.wavefronts() / perClock);
    seconds.put(Resource.LAUNCH, result.launches() * LAUNCH);
    return Optional.of(new Bounds(gpu, seconds));
  }

  /** Tensors of f32 are multiplied as TF32, if at all. */
  static double tensorRate(GpuModel gpu, DType dtype) {
    return switch (dtype) {
      case F16 -> gpu.rates().f16();
      case BF16 -> gpu.rates().bf16();
      case F32, F64, I32 -> gpu.rates().tf32();
    };
  }

  /** All resources, the one that takes longest first. */
  public List<Resource> order() {
    return seconds.keySet().stream()
        .sorted(Comparator.comparingDouble(this::secondsOf).reversed())
        .toList();
  }

  /** The resource that takes longest. */
  public Resource limiter() {
    return order().get(0);
  }

  /** What the pass takes at least. */
  public double secondsAtLeast() {
    return secondsOf(limiter());
  }

  /** The share of that which the next resource takes, from 0 to 1. */
  public double nextShare() {
    return secondsOf(order().get(1)) / secondsAtLeast();
  }

  /**
   * What else than memory and tensor cores limits the pass, or needs nearly as long as what does;
   * the longest first.
   */
  public List<Resource> near() {
    return order().stream()
        .filter(one -> one != Resource.DRAM && one != Resource.TENSOR)
        .filter(one -> secondsOf(one) > CLEAR * secondsAtLeast())
        .toList();
  }

  /**
   * Whether memory or tensor cores limit the pass and nothing else comes near: then the kernel
   * itself is not what holds it up.
   */
  public boolean isClear() {
    return near().isEmpty();
  }

  /** The same as if these cost nothing: launches, say, which small shapes do not outweigh. */
  Bounds without(Resource... free) {
    Map<Resource, Double> rest = new EnumMap<>(seconds);
    rest.keySet().removeAll(List.of(free));
    return new Bounds(gpu, rest);
  }

  /** Of one resource; 0 where it is not needed. */
  double secondsOf(Resource resource) {
    return seconds.getOrDefault(resource, 0.0);
  }
}
