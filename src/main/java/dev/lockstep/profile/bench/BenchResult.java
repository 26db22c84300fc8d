package dev.lockstep.profile.bench;

import dev.lockstep.device.ComputeCapability;
import dev.lockstep.device.GpuModel;
import dev.lockstep.device.Launch;
import dev.lockstep.ops.KernelResources;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What came out of one case.
 *
 * @param kernels entry points that were launched, in their order, each once
 * @param main the one of them that moved most
 * @param launch how {@code main} was launched first
 * @param launches of all kernels
 * @param resources of {@code main} on this GPU; empty where it was compiled for others only
 * @param compiled resources of {@code main} on {@link Architectures#SHOWN}, as far as it was
 *     compiled for them
 * @param spillBytes of all kernels together
 * @param gpu what the device is or models; empty where that is not known
 * @param traffic of all launches together; empty on a device that does not count
 * @param arithmetic of all launches together; empty on a device that does not count
 * @param product of all launches together; empty also where no tensor core was used
 * @param timing of the pass; empty on a device that counts
 */
public record BenchResult(
    BenchCase row,
    List<String> kernels,
    String main,
    Launch launch,
    int launches,
    Optional<KernelResources> resources,
    Map<ComputeCapability, KernelResources> compiled,
    int spillBytes,
    Optional<GpuModel> gpu,
    Optional<Traffic> traffic,
    Optional<Arithmetic> arithmetic,
    Optional<ProductCounts> product,
    Optional<Timing> timing) {
  /** Sums of whole numbers divided: 1.0000000001 is 1. */
  static final double ROUNDING = 1e-9;

  public BenchResult {
    kernels = List.copyOf(kernels);
    compiled = Collections.unmodifiableMap(new LinkedHashMap<>(compiled));
  }

  /** What the pass takes, where it was timed. */
  public OptionalDouble seconds() {
    return timing.isPresent() ? OptionalDouble.of(timing.get().seconds()) : OptionalDouble.empty();
  }

  /** Sectors requested for each that the planned bytes would fill. */
  public OptionalDouble ratio() {
    return perEach(traffic.map(Traffic::sectors), row.plannedSectors());
  }

  /** Instructions by threads for each element. */
  public OptionalDouble instructionsPerElement() {
    return perEach(traffic.map(Traffic::threadInstructions), row.elements());
  }

  /** Of the main kernel. */
  public Optional<Occupancy> occupancy() {
    return resources.flatMap(taken -> gpu.map(model -> occupancy(model.capability(), taken)));
  }

  /** Of the main kernel on one of {@link Architectures#SHOWN}. */
  Optional<Occupancy> occupancy(ComputeCapability shown) {
    return Optional.ofNullable(compiled.get(shown)).map(taken -> occupancy(shown, taken));
  }

  private Occupancy occupancy(ComputeCapability other, KernelResources taken) {
    return Occupancy.of(other, (int) launch.block().count(), taken.registers(), sharedBytes(taken));
  }

  /** Shared memory of a block of the main kernel, static and dynamic. */
  public int sharedBytes(KernelResources taken) {
    return taken.sharedBytes() + launch.sharedBytes();
  }

  /**
   * Bytes that have to move: the fewest of the formula, or more where more was seen to be touched.
   */
  public long bytesMoved() {
    return Math.max(row.fewestBytes(), traffic.map(Traffic::compulsoryBytes).orElse(0L));
  }

  /** What the {@link #bytesMoved} take at the memory's peak rate. */
  public OptionalDouble memorySeconds() {
    return gpu.isPresent()
        ? OptionalDouble.of(bytesMoved() / gpu.get().rates().memory())
        : OptionalDouble.empty();
  }

  /** What the instructions take when every scheduler begins one each clock. */
  public OptionalDouble issueSeconds() {
    if (gpu.isEmpty() || traffic.isEmpty()) {
      return OptionalDouble.empty();
    }
    return OptionalDouble.of(traffic.get().instructions() / gpu.get().warpInstructions());
  }

  /** Fewest bytes per second, where the pass was timed. */
  public OptionalDouble bytesPerSecond() {
    return timing.isPresent()
        ? OptionalDouble.of(row.fewestBytes() / timing.get().seconds())
        : OptionalDouble.empty();
  }

  /** Multiplications and additions per second, where a matrix product was timed. */
  public OptionalDouble flopsPerSecond() {
    return timing.isPresent() && row.product().isPresent()
        ? OptionalDouble.of(row.product().get().flops() / timing.get().seconds())
        : OptionalDouble.empty();
  }

  /**
   * What is worse than it may be, each in a few words; nothing when all is well. Bank conflicts are
   * held against cases with a limit only: where a kernel's traffic depends on its data, as that of
   * sorting does, conflicts do too.
   */
  public List<String> misses() {
    List<String> misses = new ArrayList<>();
    if (row.limit().isPresent() && traffic.isPresent()) {
      double limit = row.limit().getAsDouble();
      double ratio = ratio().orElseThrow();
      if (ratio > limit * (1 + ROUNDING)) {
        String base = row.product().isPresent() ? "sectors of the tiles" : "fewest sectors";
        misses.add("%.3f times the %s, %.2f allowed".formatted(ratio, base, limit));
      }
      if (traffic.get().bankConflicts() > 0) {
        misses.add(traffic.get().bankConflicts() + " bank conflicts");
      }
    }
    if (spillBytes > 0) {
      misses.add(spillBytes + " bytes of registers spilled");
    }
    row.product().ifPresent(limits -> misses.addAll(limits.misses(this)));
    return misses;
  }

  private static OptionalDouble perEach(Optional<Long> count, long each) {
    return count.isPresent()
        ? OptionalDouble.of((double) count.get() / each)
        : OptionalDouble.empty();
  }
}
