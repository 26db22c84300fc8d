package dev.lockstep.grill.toy;

import dev.lockstep.reference.Descent;
import dev.lockstep.reference.Leaf;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.Arrays;
import java.util.List;

/** The training loop. */
public final class Training {
  private Training() {}

  /** From a fresh tape and the number of the step (from 0) to the loss, a scalar on that tape. */
  @FunctionalInterface
  public interface Loss {
    Variable of(Tape tape, int step);
  }

  /**
   * Zero, forward, backward, step, as often as asked.
   *
   * @return the loss before each step
   */
  public static double[] run(Descent descent, List<Leaf> leaves, int steps, Loss loss) {
    double[] losses = new double[steps];
    for (int step = 0; step < steps; step++) {
      losses[step] = gradient(leaves, loss, step);
      descent.step(leaves);
    }
    return losses;
  }

  /** Zero, forward, backward. Returns the loss. */
  public static double gradient(List<Leaf> leaves, Loss loss, int step) {
    leaves.forEach(Leaf::zeroGradient);
    Tape tape = new Tape();
    Variable value = loss.of(tape, step);
    tape.reverse(value);
    return value.scalar();
  }

  /** The mean of the last {@code count} losses, which noise moves less than the last one. */
  public static double end(double[] losses, int count) {
    return Arrays.stream(losses, losses.length - count, losses.length).average().orElseThrow();
  }
}
