package dev.lockstep.train;

import dev.lockstep.device.Stream;
import dev.lockstep.nn.OpSet;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.GradientScaling;
import dev.lockstep.ops.StepState;
import dev.lockstep.optim.LossScaler;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;
import org.jspecify.annotations.Nullable;

/**
 * What the gradient of a pass's mean loss starts from, on the device: the pass's share of its step,
 * times the loss scale where there is one.
 */
final class LossWeight implements AutoCloseable {
  private final TensorArena arena = new TensorArena();
  private final OpSet ops;
  private final StepState state;
  private final float share;
  private final @Nullable LossScaler scaler;
  private final @Nullable GradientScaling product; // null where one factor is 1
  private final Tensor upstream; // f32 scalar

  LossWeight(TrainConfig config, OpSet ops, StepState state, Stream stream) {
    this.ops = ops;
    this.state = state;
    share = 1f / config.accumulation();
    scaler =
        config.scalesLoss() ? new LossScaler(ops.library(), config.compute().lossScaler()) : null;
    boolean both = scaler != null && config.accumulation() > 1;
    product = both ? new GradientScaling(ops.library()) : null;
    if (scaler != null && !both) {
      upstream = state.lossScale();
    } else {
      upstream = arena.tensor(DType.F32, Shape.of(1));
      arena.allocate(ops.library().device());
      ops.fill().fill(stream, upstream, share);
    }
    if (scaler != null) {
      scaler.start(stream, state);
    }
  }

  /** f32 device scalar. */
  Tensor upstream() {
    return upstream;
  }

  /** Queues what comes before a step's passes. */
  void prepare(Stream stream) {
    if (product != null) {
      ops.fill().fill(stream, upstream, share);
      product.scale(stream, upstream, state.lossScale());
    }
  }

  /** Queues what comes after a step: the scale of the next one. */
  void update(Stream stream) {
    if (scaler != null) {
      scaler.update(stream, state);
    }
  }

  /** Goes on from the scale of an earlier run, if both it and this one scale. */
  void restore(Stream stream, Checkpoint.Counters counters) {
    if (scaler != null && counters.lossScale() > 0) {
      scaler.restore(stream, state, counters.lossScale(), counters.goodSteps());
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
