package dev.lockstep.nn;

import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.BadIndexException;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;
import java.util.ArrayList;
import java.util.List;

/**
 * A {@link LanguageModel} without its embedding: from x [B, D] through the blocks, the norm and the
 * head to logits [B, V] and their cross-entropy with targets [B]. For rows that are no tokens.
 */
public final class FeedForwardNetwork implements AutoCloseable {
  private final TensorArena arena = new TensorArena();
  private final LanguageModelConfig config;
  private final Tensor x; // [B, D]
  private final Tensor targets; // [B]
  private final FeedForwardStack stack;
  private final PredictionHead head;
  private final Tensor dX; // [B, D]

  /**
   * A network for {@link ModelUse#TRAINING}.
   *
   * @throws dev.lockstep.device.DeviceException when the device has not enough memory
   */
  public FeedForwardNetwork(
      LanguageModelConfig config, OpSet ops, Parameters parameters, int rows, Stream stream) {
    this(config, ops, parameters, rows, ModelUse.TRAINING, stream);
  }

  /**
   * Plans and allocates the activations of training.
   *
   * @param config of which vocabulary, width and what concerns blocks and head is used
   * @param parameters made of {@link #specs}
   * @param rows rows at once, B
   * @param use what is kept for {@link #backward}
   * @throws dev.lockstep.device.DeviceException when the device has not enough memory
   * @throws IllegalArgumentException for {@link ModelUse#INFERENCE}
   */
  public FeedForwardNetwork(
      LanguageModelConfig config,
      OpSet ops,
      Parameters parameters,
      int rows,
      ModelUse use,
      Stream stream) {
    if (!use.training()) {
      throw new IllegalArgumentException("use INFERENCE: this network is made for training");
    }
    this.config = config;
    DType dtype = parameters.list().getFirst().compute().dtype();
    ActivationPlan plan = new ActivationPlan(arena, dtype, rows, use, ops.engine());
    x = plan.output(config.width());
    targets = plan.tensor(DType.I32, Shape.of(rows));
    stack = new FeedForwardStack(config.stack(), ops, parameters, plan);
    Parameter bias = config.headBias() ? parameters.get(ModelParameters.HEAD_BIAS) : null;
    Linear linear = new Linear(ops, parameters.get(ModelParameters.HEAD_WEIGHT), bias, plan);
    head = PredictionHead.of(ops, linear, plan, config.width(), Model.DEFAULT_HEAD_BYTES);
    dX = plan.output(config.width());
    arena.allocate(ops.library().device());
    head.status().reset(stream);
    stack.dropout().reset(stream, 0, 0);
  }

  /**
   * The parameters of such a network.
   *
   * @throws IllegalArgumentException when the head is tied to an embedding, of which there is none
   */
  public static List<ParameterSpec> specs(LanguageModelConfig config) {
    if (config.tiedHead()) {
      throw new IllegalArgumentException("a network without an embedding has no tied head");
    }
    List<ParameterSpec> specs = new ArrayList<>(ModelParameters.stackSpecs(config.stack()));
    specs.addAll(ModelParameters.headSpecs(config));
    return List.copyOf(specs);
  }

  /** [B, D]: to be filled before {@link #forward}. */
  public Tensor x() {
    return x;
  }

  /** I32 [B]: to be filled before {@link #loss}; −100 in rows that count for nothing. */
  public Tensor targets() {
    return targets;
  }

  /** [B, D]: the residual stream after a block. */
  public Tensor blockOutput(int index) {
    return stack.blockOutput(index);
  }

  /** [B, V]: what {@link #forward} computes; {@link #loss} overwrites them. */
  public Tensor logits() {
    return head.logits();
  }

  /** [B, D]: what {@link #backward} computes. */
  public Tensor inputGradient() {
    return dX;
  }

  /** What it was built by. */
  public LanguageModelConfig config() {
    return config;
  }

  /** Queues the forward pass from {@link #x} to {@link #logits}. */
  public void forward(Stream stream) {
    stack.forward(stream, x, ActivationWatch.NONE);
    head.forward(stream, stack.output());
  }

  /**
   * Queues the losses of all rows and the gradient of the logits.
   *
   * @param upstream f32 device scalar: the gradient of the mean loss
   */
  public void loss(Stream stream, Tensor upstream) {
    head.loss(stream, stack.output(), targets, upstream);
  }

  /** Queues loss = the mean over the rows that count, in nats. */
  public void meanLoss(Stream stream, Tensor loss) {
    head.reduce(stream, loss, targets, true);
  }

  /**
   * Queues the backward pass, after {@link #loss}: {@link #inputGradient}, and adds to the gradient
   * of every parameter.
   */
  public void backward(Stream stream) {
    head.backward(stream, stack.output());
    stack.backward(stream, dX, head.inputGradient(), x);
    stack.dropout().advance(stream);
  }

  /**
   * Waits for the stream and makes sure that no target was out of bounds.
   *
   * @throws BadIndexException naming the first that was
   */
  public void checkIndices(Stream stream) {
    head.status().check(stream);
  }

  @Override
  public void close() {
    arena.close();
  }
}
