package dev.lockstep.device;

import java.util.function.Consumer;

/**
 * What kernels print: a {@link Device#capability} of devices that execute {@code printf}
 * themselves. Text comes whole launches at a time, block after block, whatever the order they ran
 * in.
 */
public interface KernelOutput {
  /** From now on text goes there as launches end; without this it is kept for {@link #take}. */
  void sendTo(Consumer<String> consumer);

  /** What was printed since this was last asked and went nowhere else. */
  String take();
}
