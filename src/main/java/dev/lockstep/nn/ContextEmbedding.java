package dev.lockstep.nn;

import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.Embedding;
import dev.lockstep.ops.StatusWord;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The embeddings of a context's tokens side by side: [B, C] ids to [B, C·E]. */
final class ContextEmbedding implements InputLayer {
  private final Embedding op;
  private final Parameter weight;
  private final Tensor ids; // [B, C]
  private final Tensor out; // [B, C·E]
  private final Tensor perToken; // the same as [B·C, E]
  private final Tensor dOut; // [B, C·E]
  private final @Nullable Tensor workspace; // of backward
  private final StatusWord status;

  ContextEmbedding(
      LanguageModelConfig config, OpSet ops, Parameters parameters, ActivationPlan plan) {
    long context = config.context();
    long embedding = config.embedding();
    op = ops.embedding();
    weight = parameters.get(ModelParameters.EMBEDDING);
    out = plan.output(context * embedding);
    long rows = out.shape().rows();
    ids = plan.tensor(DType.I32, Shape.of(rows, context));
    perToken = out.reshape(Shape.of(rows * context, embedding));
    dOut = plan.scratch("model.dEmbeddings", context * embedding);
    workspace =
        plan.training()
            ? plan.workspace(
                "embedding.rowsById",
                Embedding.workspaceShape(weight.compute().shape(), rows * context))
            : null;
    status = new StatusWord(plan.tensor(StatusWord.DTYPE, StatusWord.SHAPE));
  }

  @Override
  public String name() {
    return ModelParameters.EMBEDDED;
  }

  @Override
  public Tensor input() {
    return ids;
  }

  @Override
  public Tensor output() {
    return out;
  }

  @Override
  public void reset(Stream stream) {
    status.reset(stream);
  }

  @Override
  public void check(Stream stream) {
    status.check(stream);
  }

  @Override
  public void forward(Stream stream) {
    op.forward(stream, perToken, weight.compute(), ids, status);
  }

  /** Adds the gradient of the table. */
  @Override
  public void backward(Stream stream, Linear in, Tensor dX) {
    Tensor words = Objects.requireNonNull(workspace, "planned in training only");
    in.backwardInput(stream, dOut, dX);
    op.backward(stream, weight.gradient(), words, dOut.reshape(perToken.shape()), ids, status);
  }
}
