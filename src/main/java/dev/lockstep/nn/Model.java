package dev.lockstep.nn;

import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;
import java.util.function.Function;

/**
 * Chooses one of V for each row:
 *
 * <pre>
 *   input [B, …] → [B, F] → linear → x [B, D]
 *     → blocks, such as x + ffn(norm(x)) → norm → head → logits [B, V] → cross-entropy with targets [B]
 * </pre>
 *
 * <p>An instance is parameters and the activations for one number of rows; several instances may
 * share parameters. Methods queue work on a stream and return; nothing is allocated after the
 * constructor.
 */
public abstract sealed class Model implements AutoCloseable permits LanguageModel, Classifier {
  /**
   * 256 MiB: logits of 4096 rows over 32,000 tokens in bf16, which make products large enough for
   * any GPU.
   */
  public static final long DEFAULT_HEAD_BYTES = 256L << 20;

  private final TensorArena arena = new TensorArena();
  private final int rows;
  private final boolean training;
  private final Tensor targets;
  private final InputLayer input;
  private final Linear in;
  private final Tensor x; // [B, D], what the blocks start from
  private final FeedForwardStack stack;
  private final PredictionHead head;
  private final Tensor dStream; // [B, D]

  /**
   * Plans and allocates the activations.
   *
   * @param parameters made of {@link ModelConfig#specs}
   * @param rows predictions made at once, B
   * @param use whether {@link #backward} will be called; without it less memory is needed
   * @param headBytes what the logits may take: where those of all rows take more, they are computed
   *     for some rows at a time, and their gradient is used up with the loss
   * @param inputLayer plans the input
   * @throws IllegalArgumentException when {@code headBytes} holds not even one row of logits
   * @throws dev.lockstep.device.DeviceException when the device has not enough memory
   */
  Model(
      ModelConfig config,
      OpSet ops,
      Parameters parameters,
      int rows,
      ModelUse use,
      long headBytes,
      Function<ActivationPlan, InputLayer> inputLayer,
      Stream stream) {
    this.rows = rows;
    this.training = use.training();
    DType dtype = parameters.list().getFirst().compute().dtype();
    ActivationPlan plan = new ActivationPlan(arena, dtype, rows, use, ops.engine());
    targets = plan.tensor(DType.I32, Shape.of(rows));
    input = inputLayer.apply(plan);
    in = new Linear(ops, parameters, ModelParameters.IN, true, plan);
    x = plan.output(config.width());
    stack = new FeedForwardStack(config.stack(), ops, parameters, plan);
    Parameter bias = config.headBias() ? parameters.get(ModelParameters.HEAD_BIAS) : null;
    Linear linear = new Linear(ops, parameters.get(ModelParameters.headWeight(config)), bias, plan);
    head = PredictionHead.of(ops, linear, plan, config.width(), headBytes);
    dStream = plan.scratch("model.dStream", config.width());
    arena.allocate(ops.library().device());
    input.reset(stream);
    head.status().reset(stream);
    stack.dropout().reset(stream, 0, 0);
  }

  /** What it was built by. */
  public abstract ModelConfig config();

  /** Predictions made at once, B. */
  public final int rows() {
    return rows;
  }

  /** [B, {@link ModelConfig#inputWords}]: to be filled before {@link #forward}. */
  public final Tensor input() {
    return input.input();
  }

  /** I32 [B]: to be filled before {@link #loss}; −100 in rows that count for nothing. */
  public final Tensor targets() {
    return targets;
  }

  /**
   * [B, V]: what {@link #forward} computes. In training, {@link #loss} overwrites them.
   *
   * @throws IllegalStateException when they take more than the head may have, so that they are
   *     never there all at once
   */
  public final Tensor logits() {
    return head.logits();
  }

  /** Queues the forward pass from {@link #input} to {@link #logits}, if they are kept. */
  public final void forward(Stream stream) {
    queueForward(stream, ActivationWatch.NONE);
  }

  /**
   * The same, with someone watching.
   *
   * @throws IllegalStateException when the model was made for inference, which keeps too little
   */
  public final void forward(Stream stream, ActivationWatch watch) {
    if (!training) {
      throw new IllegalStateException("a model made for inference has nothing to watch");
    }
    queueForward(stream, watch);
  }

  private void queueForward(Stream stream, ActivationWatch watch) {
    input.forward(stream);
    watch.between(stream, input.name(), input.output());
    in.forward(stream, x, input.output(), null);
    if (stack.dropout().drops()) {
      stack.dropout().forward(stream, x, x, null, stack.dropout().inputPlace());
    }
    watch.between(stream, ModelParameters.IN, x);
    stack.forward(stream, x, watch);
    head.forward(stream, stack.output());
    head.show(stream, watch);
  }

  /**
   * Queues the losses of all rows and, in training, the gradient of the logits; where these are not
   * kept, it goes into the gradients of the head's parameters at once, so that no gradient may be
   * cleared between this and {@link #backward}.
   *
   * @param upstream f32 device scalar: the gradient of the mean loss; 1, or less where the
   *     gradients of several batches are added up
   */
  public final void loss(Stream stream, Tensor upstream) {
    head.loss(stream, stack.output(), targets, upstream);
  }

  /** Queues loss = the mean over the rows that count, in nats. */
  public final void meanLoss(Stream stream, Tensor loss) {
    head.reduce(stream, loss, targets, true);
  }

  /** Queues loss = the sum over the rows that count, in nats. */
  public final void summedLoss(Stream stream, Tensor loss) {
    head.reduce(stream, loss, targets, false);
  }

  /**
   * Queues the backward pass, after {@link #loss}: adds to the gradient of every parameter.
   *
   * @throws IllegalStateException when the model was made for inference
   */
  public final void backward(Stream stream) {
    if (!training) {
      throw new IllegalStateException("a model made for inference has no backward pass");
    }
    head.backward(stream, stack.output());
    stack.backward(stream, dStream, head.inputGradient(), x);
    if (stack.dropout().drops()) {
      stack.dropout().backward(stream, dStream, dStream, stack.dropout().inputPlace());
    }
    in.backwardParameters(stream, dStream, input.output());
    input.backward(stream, in, dStream);
    stack.dropout().advance(stream);
  }

  /**
   * Queues where the masks of dropout start.
   *
   * @param offset 0, or the {@link #dropoutOffset} at which an earlier run stopped
   */
  public final void resetDropout(Stream stream, long seed, long offset) {
    stack.dropout().reset(stream, seed, offset);
  }

  /** Waits for the stream; where the masks of the next pass come from. */
  public final long dropoutOffset(Stream stream) {
    return stack.dropout().offset(stream);
  }

  /** Bytes of all activations, and of what backward passes need beside them. */
  public final long activationBytes() {
    return arena.bytes();
  }

  /**
   * Waits for the stream and makes sure that no input and no target was out of bounds.
   *
   * @throws dev.lockstep.ops.BadIndexException naming the first that was
   */
  public final void checkIndices(Stream stream) {
    input.check(stream);
    head.status().check(stream);
  }

  @Override
  public final void close() {
    arena.close();
  }
}
