package dev.lockstep.simulator;

import org.jspecify.annotations.NullUnmarked;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/**
 * Four plain CUDA kernels. Beside them {@code plainJava}, the same work on one thread, in the same
 * virtual machine's JIT.
 */
@NullUnmarked // JMH calls prepare() before plainJava().
public class FourKernelsBenchmark extends WatchedBenchmark {
  @Param public FourKernels work;

  private float[] x;
  private float[] other;
  private int[] targets;
  private float[] result;

  @Override
  WatchedKernel work() {
    return work;
  }

  /** What plain Java reads and writes. */
  @Setup
  public void prepare() {
    x = work.x();
    other = work.other();
    targets = work.targets();
    result = new float[(int) (work.resultBytes() / Float.BYTES)];
  }

  @Benchmark
  public float[] plainJava() {
    work.compute(x, other, targets, result);
    return result;
  }
}
