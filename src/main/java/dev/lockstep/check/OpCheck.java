package dev.lockstep.check;

import dev.lockstep.numeric.DType;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Everything needed to check one op: problems that reach its code paths, its formula in the
 * reference, its kernels, and how far the second may be from the first.
 */
interface OpCheck {
  /** The name in reports and golden cases. */
  String op();

  /** Our own problems in this type, by shape; why these shapes stands above their table. */
  List<Problem> problems(DType dtype);

  /** Why this problem cannot be put to our kernels; empty when it can. */
  default Optional<String> unsupported(Problem problem) {
    return Optional.empty();
  }

  /** The answers of the reference, in double precision. */
  Answers reference(Problem problem);

  /** The answers of the kernels: launched, waited for, copied back. */
  Answers device(Problem problem, Bench bench, Trial trial);

  /** How far an element of {@code tensor} may be from {@code expected}. */
  double tolerance(Problem problem, String tensor, Answers expected);

  /** Tensors a golden holds for information that no kernel of ours writes. */
  default Set<String> notComputed() {
    return Set.of();
  }
}
