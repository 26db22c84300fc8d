package dev.lockstep.simulator;

import org.jspecify.annotations.NullUnmarked;
import org.openjdk.jmh.annotations.Param;

/**
 * What watching costs where lanes do not go in step: the kernels of {@code
 * bench/kernels/irregular.cu}. {@code -p work=GATHER_8 -p mode=PLAIN,COUNTED} takes some.
 */
@NullUnmarked // JMH sets the parameter.
public class IrregularKernelsBenchmark extends WatchedBenchmark {
  @Param public IrregularKernels work;

  @Override
  WatchedKernel work() {
    return work;
  }
}
