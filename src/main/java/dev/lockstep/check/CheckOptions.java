package dev.lockstep.check;

import dev.lockstep.numeric.DType;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What to check.
 *
 * @param op only this op; all of them when empty
 * @param dtype only this storage type; all of them when empty
 * @param goldens a folder of golden cases ({@code cases.json} and safetensors files) to run instead
 *     of our own sweep against the reference
 */
public record CheckOptions(Optional<String> op, Optional<DType> dtype, Optional<Path> goldens) {
  /** Every op in every type against the reference. */
  public static CheckOptions everything() {
    return new CheckOptions(Optional.empty(), Optional.empty(), Optional.empty());
  }

  boolean includes(String problemOp, DType problemType) {
    return op.map(problemOp::equals).orElse(true) && dtype.map(problemType::equals).orElse(true);
  }
}
