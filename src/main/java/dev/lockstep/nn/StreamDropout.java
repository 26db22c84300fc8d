package dev.lockstep.nn;

import dev.lockstep.device.Stream;
import dev.lockstep.ops.Dropout;
import dev.lockstep.ops.DropoutState;
import dev.lockstep.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The dropouts of one model. Their masks follow from a {@link DropoutState} on the device alone, so
 * that a captured step draws new ones each time and a run that is continued draws those it would
 * have drawn.
 */
final class StreamDropout {
  private final Dropout op;
  private final DropoutState state;
  private final float probability;
  private final int places;

  /** The dropouts of a model's blocks, at places 0, 1, …, and of what they start from, after. */
  StreamDropout(StackConfig config, OpSet ops, ActivationPlan plan) {
    op = ops.dropout();
    state = new DropoutState(ops.library(), plan.tensor(DropoutState.DTYPE, DropoutState.SHAPE));
    probability = plan.training() ? (float) config.dropout() : 0;
    places = config.blocks() + 1;
  }

  /** Whether anything is ever left out. */
  boolean drops() {
    return probability > 0;
  }

  /** The place of what the blocks start from. */
  int inputPlace() {
    return places - 1;
  }

  /** Queues where the masks start; once memory is there. */
  void reset(Stream stream, long seed, long offset) {
    state.reset(stream, seed, offset);
  }

  /** Waits for the stream; where the next masks come from. */
  long offset(Stream stream) {
    return state.offset(stream);
  }

  /** y = residual + dropout(x); y may be either. */
  void forward(Stream stream, Tensor y, Tensor x, @Nullable Tensor residual, int place) {
    op.forward(stream, y, x, residual, state, place, probability);
  }

  /** dX = the gradient of x; dX may be dY. */
  void backward(Stream stream, Tensor dX, Tensor dY, int place) {
    op.backward(stream, dX, dY, state, place, probability);
  }

  /** y = a + b: the same kernel, leaving nothing out. */
  void add(Stream stream, Tensor y, Tensor a, Tensor b) {
    op.forward(stream, y, a, b, state, 0, 0);
  }

  /** Queues new masks for the next pass, after a backward pass. */
  void advance(Stream stream) {
    if (drops()) {
      state.advance(stream, places);
    }
  }
}
