package dev.lockstep.ops;

import java.util.LinkedHashMap;
import java.util.Map;

/** One call of an op, and what each output must hold. */
final class OpCase {
  private final String name;
  private final Call call;
  private final Map<String, Expected> expected = new LinkedHashMap<>();

  /** Sets up inputs and outputs in {@code memory}, then calls the op. */
  interface Call {
    void run(OpBench ops, GuardedMemory memory);
  }

  /**
   * Numbers an output must hold.
   *
   * @param tolerance largest difference; 0 where arithmetic is exact but for one rounding
   */
  record Expected(double[] values, double tolerance) {}

  OpCase(String name, Call call) {
    this.name = name;
    this.call = call;
  }

  /** The output of that name holds exactly these numbers. */
  OpCase exactly(String output, double[] values) {
    return within(0, output, values);
  }

  /** The output of that name holds these numbers but for {@code tolerance}. */
  OpCase within(double tolerance, String output, double[] values) {
    expected.put(output, new Expected(values, tolerance));
    return this;
  }

  Call call() {
    return call;
  }

  Map<String, Expected> expected() {
    return expected;
  }

  @Override
  public String toString() {
    return name;
  }
}
