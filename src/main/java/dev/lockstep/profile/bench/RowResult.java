package dev.lockstep.profile.bench;

import dev.lockstep.device.GpuModel;
import dev.lockstep.device.Launch;
import dev.lockstep.ops.KernelResources;
import java.util.ArrayList;
import java.util.List;
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
 * @param spillBytes of all kernels together
 * @param gpu what the device is or models; empty where that is not known
 * @param traffic of all launches together; empty on a device that does not count
 * @param seconds of the pass; empty on a device that counts
 */
public record RowResult(
    RowCase row,
    List<String> kernels,
    String main,
    Launch launch,
    int launches,
    Optional<KernelResources> resources,
    int spillBytes,
    Optional<GpuModel> gpu,
    Optional<Traffic> traffic,
    OptionalDouble seconds) {
  /** Sums of whole numbers divided: 1.0000000001 is 1. */
  private static final double ROUNDING = 1e-9;

  public RowResult {
    kernels = List.copyOf(kernels);
  }

  /** Sectors requested for each that the fewest bytes would fill. */
  public OptionalDouble ratio() {
    return perEach(traffic.map(Traffic::sectors), row.minimalSectors());
  }

  /** Instructions by threads for each element. */
  public OptionalDouble instructionsPerElement() {
    return perEach(traffic.map(Traffic::threadInstructions), row.elements());
  }

  /** Of the main kernel. */
  public Optional<Occupancy> occupancy() {
    return resources.flatMap(
        taken ->
            gpu.map(
                model ->
                    Occupancy.of(
                        model.capability(),
                        (int) launch.block().count(),
                        taken.registers(),
                        sharedBytes(taken))));
  }

  /** Shared memory of a block of the main kernel, static and dynamic. */
  public int sharedBytes(KernelResources taken) {
    return taken.sharedBytes() + launch.sharedBytes();
  }

  /**
   * What the bytes that have to move take at the memory's peak rate: the fewest of the formula, or
   * more where more was seen to be touched.
   */
  public OptionalDouble memorySeconds() {
    long touched = traffic.map(Traffic::compulsoryBytes).orElse(0L);
    long bytes = Math.max(row.fewestBytes(), touched);
    return gpu.isPresent()
        ? OptionalDouble.of(bytes / gpu.get().rates().memory())
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
    return seconds.isPresent()
        ? OptionalDouble.of(row.fewestBytes() / seconds.getAsDouble())
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
        misses.add("%.3f times the fewest sectors, %.2f allowed".formatted(ratio, limit));
      }
      if (traffic.get().bankConflicts() > 0) {
        misses.add(traffic.get().bankConflicts() + " bank conflicts");
      }
    }
    if (spillBytes > 0) {
      misses.add(spillBytes + " bytes of registers spilled");
    }
    return misses;
  }

  private static OptionalDouble perEach(Optional<Long> count, long each) {
    return count.isPresent()
        ? OptionalDouble.of((double) count.get() / each)
        : OptionalDouble.empty();
  }
}
