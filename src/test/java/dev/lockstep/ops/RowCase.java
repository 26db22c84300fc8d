package dev.lockstep.ops;

/**
 * An op that treats rows apart, to be called with some of them.
 *
 * @param rows how many there are
 */
record RowCase(String name, int rows, Call call) {
  /** Calls the op with {@code count} rows from {@code from} on. */
  interface Call {
    void run(OpBench ops, GuardedMemory memory, int from, int count);
  }

  @Override
  public String toString() {
    return name;
  }
}
