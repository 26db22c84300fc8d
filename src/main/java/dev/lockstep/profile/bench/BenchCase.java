package dev.lockstep.profile.bench;

import dev.lockstep.device.KernelCounters;
import dev.lockstep.device.LaunchCounts;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.tensor.Shape;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * One pass of a kernel over one shape: what it should move at best, and how it is run.
 *
 * @param group kernels of a kind, for example {@code norm}
 * @param kernel for example {@code rmsnorm}
 * @param pass for example {@code backward}
 * @param dtype storage type of the large tensors
 * @param shape rows and columns, or M, N and K of a matrix product; of its elements, instructions
 *     are counted for each
 * @param fewestBytes what any implementation has to read and write
 * @param plannedBytes what this one means to: the fewest, or with operands of a matrix product read
 *     once for every tile of the result that needs them
 * @param limit how many times the sectors of the planned bytes it may request; none where rows end
 *     inside a sector, or are too few for what is read once per block not to show
 * @param product what else a matrix product is held to
 * @param plan how it is run
 */
public record BenchCase(
    String group,
    String kernel,
    String pass,
    DType dtype,
    Shape shape,
    long fewestBytes,
    long plannedBytes,
    OptionalDouble limit,
    Optional<ProductLimits> product,
    Plan plan) {
  /** Makes the operands of a pass and says how to launch it. */
  @FunctionalInterface
  public interface Plan {
    /** Takes memory for all operands and fills it. */
    Pass prepare(KernelLibrary library, CaseMemory memory);
  }

  /** All launches of a pass; called any number of times. */
  @FunctionalInterface
  public interface Pass {
    /** Queues the pass once. */
    void launch(Stream stream);

    /** Queues it once and waits; what its launches did. */
    default List<LaunchCounts> counted(KernelCounters counters, Stream stream) {
      counters.start();
      try {
        launch(stream);
        stream.synchronize();
      } catch (RuntimeException e) {
        counters.stop();
        throw e;
      }
      return counters.stop();
    }
  }

  /** A pass that means to move the fewest bytes. */
  BenchCase(
      String group,
      String kernel,
      String pass,
      DType dtype,
      Shape shape,
      long fewestBytes,
      OptionalDouble limit,
      Plan plan) {
    this(
        group, kernel, pass, dtype, shape, fewestBytes, fewestBytes, limit, Optional.empty(), plan);
  }

  /** Elements that are passed over: the product of the extents. */
  public long elements() {
    return shape.count();
  }

  /** Sectors of 32 bytes the fewest bytes fill, rounded up. */
  public long minimalSectors() {
    return Math.ceilDiv(fewestBytes, (long) Traffic.SECTOR);
  }

  /** Sectors of 32 bytes the planned bytes fill, rounded up. */
  public long plannedSectors() {
    return Math.ceilDiv(plannedBytes, (long) Traffic.SECTOR);
  }

  /** Whether f32 tensors are multiplied on tensor cores, which have TF32 for them. */
  boolean isTf32() {
    return kernel.contains("tf32");
  }

  /**
   * The tile of a matrix product, for example {@code 128x128}; empty for other kernels, and where a
   * library chooses it.
   */
  public String tile() {
    return product.map(ProductLimits::tile).orElse("");
  }

  /** For example {@code rmsnorm backward bf16 16384x1024}. */
  @Override
  public String toString() {
    String name = String.join(" ", kernel, pass, dtype.suffix(), extents());
    return tile().isEmpty() ? name : name + " in tiles of " + tile();
  }

  /** For example {@code 16384x1024}. */
  public String extents() {
    return LongStream.of(shape.extents()).mapToObj(Long::toString).collect(Collectors.joining("x"));
  }
}
