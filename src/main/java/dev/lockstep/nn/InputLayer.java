package dev.lockstep.nn;

import dev.lockstep.device.Stream;
import dev.lockstep.tensor.Tensor;

/** What a model makes of its rows' inputs before the first linear layer. */
sealed interface InputLayer permits ContextEmbedding, Features {
  /** What its output is called. */
  String name();

  /** [B, 32-bit words of a row]: to be filled before {@link #forward}. */
  Tensor input();

  /** Where {@link #forward} leaves what the linear layer reads. */
  Tensor output();

  void forward(Stream stream);

  /**
   * Adds the gradients of the parameters, where there are any.
   *
   * @param in the linear layer
   * @param dX the gradient of what it computes
   */
  void backward(Stream stream, Linear in, Tensor dX);

  /** Queues what comes before the first use, once memory is there. */
  void reset(Stream stream);

  /**
   * Waits for the stream and makes sure that no input was out of bounds.
   *
   * @throws dev.lockstep.ops.BadIndexException naming the first that was
   */
  void check(Stream stream);
}
