package dev.lockstep.simulator;

import dev.lockstep.device.KernelOutput;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Collects what kernels print. */
final class SimulatedOutput implements KernelOutput {
  private final StringBuilder kept = new StringBuilder();
  private @Nullable Consumer<String> consumer;

  @Override
  public synchronized void sendTo(Consumer<String> to) {
    consumer = to;
  }

  @Override
  public synchronized String take() {
    String text = kept.toString();
    kept.setLength(0);
    return text;
  }

  /**
   * What a launch printed.
   *
   * @param bytes one char each
   */
  synchronized void add(String bytes) {
    if (bytes.isEmpty()) {
      return;
    }
    String text = new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    if (consumer == null) {
      kept.append(text);
    } else {
      consumer.accept(text);
    }
  }
}
