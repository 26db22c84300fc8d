package dev.lockstep.optim;

import dev.lockstep.device.Stream;
import dev.lockstep.ops.ParameterTable;
import dev.lockstep.ops.StepState;
import java.util.List;
import java.util.Map;

/** Turns the gradients of a model's parameters into a step of them, on the device. */
public abstract class Optimizer implements AutoCloseable {
  private final ModelTable model;

  Optimizer(ModelTable model) {
    this.model = model;
  }

  /** Queues one step, after the gradient norm has been written to {@code state}. */
  public final void step(Stream stream, StepState state) {
    step(stream, model.table(), state);
  }

  /** Queues the kernel that steps all parameters of a table. */
  abstract void step(Stream stream, ParameterTable table, StepState state);

  /** What it keeps of earlier gradients, named as in a checkpoint: {@code adamw.first}. */
  public final List<String> moments() {
    return model.moments();
  }

  /**
   * A moment by parameter name; waits for the stream.
   *
   * @throws IllegalArgumentException when it keeps none of that name
   */
  public final Map<String, float[]> read(Stream stream, String moment) {
    return model.read(stream, moment);
  }

  /**
   * Goes on from the moments of an earlier run; waits for the stream.
   *
   * @param moments by the names of {@link #moments}, each by parameter name
   * @throws IllegalArgumentException when one is missing, or a parameter's has another length
   */
  public final void load(Stream stream, Map<String, Map<String, float[]>> moments) {
    model.load(stream, moments);
  }

  @Override
  public final void close() {
    model.close();
  }
}
