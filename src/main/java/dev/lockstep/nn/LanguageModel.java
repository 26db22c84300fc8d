package dev.lockstep.nn;

import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;

/**
 * Predicts the next token from a context of C tokens:
 *
 * <pre>
 *   ids [B, C] → embeddings side by side [B, C·E] → linear → x [B, D]
 *     → blocks, such as x + ffn(norm(x)) → norm → head → logits [B, V] → cross-entropy with targets [B]
 * </pre>
 *
 * <p>An instance is parameters and the activations for one number of rows; several instances may
 * share parameters. Methods queue work on a stream and return; nothing is allocated after the
 * constructor.
 */
public final class LanguageModel implements AutoCloseable {
  /**
   * 256 MiB: logits of 4096 rows over 32,000 tokens in bf16, which make products large enough for
   * any GPU.
   */
  public static final long DEFAULT_HEAD_BYTES = 256L << 20;

  private final TensorArena arena = new TensorArena();
  private final LanguageModelConfig config;
  private final int rows;
  private final boolean training;
  private final Tensor targets;
  private final ContextEmbedding embedding;
  private final Linear in;
  private final Tensor x; // [B, D], what the blocks start from
  private final FeedForwardStack stack;
  private final PredictionHead head;
  private final Tensor dStream; // [B, D]
  private final Tensor dEmbeddings; // [B, C·E]

  /**
   * Plans and allocates the activations, with room for {@link #DEFAULT_HEAD_BYTES} of logits.
   *
   * @throws dev.lockstep.device.DeviceException when the device has not enough memory
   */
  public LanguageModel(
      LanguageModelConfig config,
      OpSet ops,
      Parameters parameters,
      int rows,
      boolean training,
      Stream stream) {
    this(config, ops, parameters, rows, training, DEFAULT_HEAD_BYTES, stream);
  }

  /**
   * A model for {@link ModelUse#TRAINING}, or else for {@link ModelUse#INFERENCE}.
   *
   * @throws IllegalArgumentException when {@code headBytes} holds not even one row of logits
   * @throws dev.lockstep.device.DeviceException when the device has not enough memory
   */
  public LanguageModel(
      LanguageModelConfig config,
      OpSet ops,
      Parameters parameters,
      int rows,
      boolean training,
      long headBytes,
      Stream stream) {
    this(
        config,
        ops,
        parameters,
        rows,
        training ? ModelUse.TRAINING : ModelUse.INFERENCE,
        headBytes,
        stream);
  }

  /**
   * Plans and allocates the activations.
   *
   * @param parameters made of {@link LanguageModelParameters#specs}
   * @param rows predictions made at once, B
   * @param use whether {@link #backward} will be called; without it less memory is needed
   * @param headBytes what the logits may take: where those of all rows take more, they are computed
   *     for some rows at a time, and their gradient is used up with the loss
   * @throws IllegalArgumentException when {@code headBytes} holds not even one row of logits
   * @throws dev.lockstep.device.DeviceException when the device has not enough memory
   */
  public LanguageModel(
      LanguageModelConfig config,
      OpSet ops,
      Parameters parameters,
      int rows,
      ModelUse use,
      long headBytes,
      Stream stream) {
    this.config = config;
    this.rows = rows;
    this.training = use.training();
    DType dtype = parameters.list().getFirst().compute().dtype();
    ActivationPlan plan = new ActivationPlan(arena, dtype, rows, use);
    targets = plan.tensor(DType.I32, Shape.of(rows));
    embedding = new ContextEmbedding(config, ops, parameters, plan);
    in = new Linear(ops, parameters, LanguageModelParameters.IN, true, plan);
    x = plan.output(config.width());
    stack = new FeedForwardStack(config, ops, parameters, plan);
    Linear linear = headOf(config, ops, parameters, plan);
    head = PredictionHead.of(ops, linear, plan, config.width(), headBytes);
    dStream = plan.scratch("model.dStream", config.width());
    dEmbeddings = plan.scratch("model.dEmbeddings", (long) config.context() * config.embedding());
    arena.allocate(ops.library().device());
    embedding.status().reset(stream);
    head.status().reset(stream);
    stack.dropout().reset(stream, 0, 0);
  }

  private static Linear headOf(
      LanguageModelConfig config, OpSet ops, Parameters parameters, ActivationPlan plan) {
    String weight =
        config.tiedHead() ? LanguageModelParameters.EMBEDDING : LanguageModelParameters.HEAD_WEIGHT;
    return new Linear(
        ops,
        parameters.get(weight),
        config.headBias() ? parameters.get(LanguageModelParameters.HEAD_BIAS) : null,
        plan);
  }

  public LanguageModelConfig config() {
    return config;
  }

  /** Predictions made at once, B. */
  public int rows() {
    return rows;
  }

  /** I32 [B, C]: to be filled before {@link #forward}. */
  public Tensor ids() {
    return embedding.ids();
  }

  /** I32 [B]: to be filled before {@link #loss}; −100 in rows that count for nothing. */
  public Tensor targets() {
    return targets;
  }

  /**
   * [B, V]: what {@link #forward} computes. In training, {@link #loss} overwrites them.
   *
   * @throws IllegalStateException when they take more than the head may have, so that they are
   *     never there all at once
   */
  public Tensor logits() {
    return head.logits();
  }

  /** Queues the forward pass from {@link #ids} to {@link #logits}, if they are kept. */
  public void forward(Stream stream) {
    embedding.forward(stream);
    in.forward(stream, x, embedding.output(), null);
    if (stack.dropout().drops()) {
      stack.dropout().forward(stream, x, x, null, stack.dropout().inputPlace());
    }
    stack.forward(stream, x);
    head.forward(stream, stack.output());
  }

  /**
   * Queues the losses of all rows and, in training, the gradient of the logits; where these are not
   * kept, it goes into the gradients of the head's parameters at once, so that no gradient may be
   * cleared between this and {@link #backward}.
   *
   * @param upstream f32 device scalar: the gradient of the mean loss; 1, or less where the
   *     gradients of several batches are added up
   */
  public void loss(Stream stream, Tensor upstream) {
    head.loss(stream, stack.output(), targets, upstream);
  }

  /** Queues loss = the mean over the rows that count, in nats. */
  public void meanLoss(Stream stream, Tensor loss) {
    head.reduce(stream, loss, targets, true);
  }

  /** Queues loss = the sum over the rows that count, in nats. */
  public void summedLoss(Stream stream, Tensor loss) {
    head.reduce(stream, loss, targets, false);
  }

  /**
   * Queues the backward pass, after {@link #loss}: adds to the gradient of every parameter.
   *
   * @throws IllegalStateException when the model was made for inference
   */
  public void backward(Stream stream) {
    if (!training) {
      throw new IllegalStateException("a model made for inference has no backward pass");
    }
    head.backward(stream, stack.output());
    stack.backward(stream, dStream, head.inputGradient(), x);
    if (stack.dropout().drops()) {
      stack.dropout().backward(stream, dStream, dStream, stack.dropout().inputPlace());
    }
    in.backwardParameters(stream, dStream, embedding.output());
    in.backwardInput(stream, dEmbeddings, dStream);
    embedding.backward(stream, dEmbeddings);
    stack.dropout().advance(stream);
  }

  /**
   * Queues where the masks of dropout start.
   *
   * @param offset 0, or the {@link #dropoutOffset} at which an earlier run stopped
   */
  public void resetDropout(Stream stream, long seed, long offset) {
    stack.dropout().reset(stream, seed, offset);
  }

  /** Waits for the stream; where the masks of the next pass come from. */
  public long dropoutOffset(Stream stream) {
    return stack.dropout().offset(stream);
  }

  /** Bytes of all activations, and of what backward passes need beside them. */
  public long activationBytes() {
    return arena.bytes();
  }

  /**
   * Waits for the stream and makes sure that no id and no target was out of bounds.
   *
   * @throws dev.lockstep.ops.BadIndexException naming the first that was
   */
  public void checkIndices(Stream stream) {
    embedding.status().check(stream);
    head.status().check(stream);
  }

  @Override
  public void close() {
    arena.close();
  }
}
