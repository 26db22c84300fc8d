package dev.lockstep.optim;

import dev.lockstep.device.Stream;
import dev.lockstep.ops.StepState;
import java.util.List;
import java.util.Map;

/** Turns the gradients of a model's parameters into a step of them, on the device. */
public interface Optimizer extends AutoCloseable {
  /** Queues one step, after the gradient norm has been written to {@code state}. */
  void step(Stream stream, StepState state);

  /** What it keeps of earlier gradients, named as in a checkpoint: {@code adamw.first}. */
  List<String> moments();

  /**
   * A moment by parameter name; waits for the stream.
   *
   * @throws IllegalArgumentException when it keeps none of that name
   */
  Map<String, float[]> read(Stream stream, String moment);

  /**
   * Goes on from the moments of an earlier run; waits for the stream.
   *
   * @param moments by the names of {@link #moments}, each by parameter name
   * @throws IllegalArgumentException when one is missing, or a parameter's has another length
   */
  void load(Stream stream, Map<String, Map<String, float[]>> moments);

  @Override
  void close();
}
