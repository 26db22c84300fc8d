package dev.lockstep.profile.bench;

import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.tensor.Shape;
import java.util.OptionalDouble;

/**
 * One pass of a kernel over one shape: what it should move at best, and how it is run.
 *
 * @param group kernels of a kind, for example {@code norm}
 * @param kernel for example {@code rmsnorm}
 * @param pass for example {@code backward}
 * @param dtype storage type of the large tensors
 * @param shape rows and columns; of its elements, instructions are counted for each
 * @param fewestBytes what any implementation has to read and write
 * @param limit how many times the sectors of the fewest bytes it may request; none where rows end
 *     inside a sector, or are too few for what is read once per block not to show
 * @param plan how it is run
 */
public record RowCase(
    String group,
    String kernel,
    String pass,
    DType dtype,
    Shape shape,
    long fewestBytes,
    OptionalDouble limit,
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
  }

  /** Elements that are passed over: the product of the extents. */
  public long elements() {
    return shape.count();
  }

  /** Sectors of 32 bytes the fewest bytes fill, rounded up. */
  public long minimalSectors() {
    return Math.ceilDiv(fewestBytes, (long) Traffic.SECTOR);
  }

  /** For example {@code rmsnorm backward bf16 16384x1024}. */
  @Override
  public String toString() {
    return String.join(" ", kernel, pass, dtype.suffix(), extents());
  }

  /** For example {@code 16384x1024}. */
  public String extents() {
    return shape.rows() + "x" + shape.cols();
  }
}
