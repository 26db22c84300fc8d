package dev.lockstep.grill.toy;

import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.Leaf;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.Variable;
import java.util.ArrayList;
import java.util.List;

/**
 * A transformer without its attention: feed-forward blocks with a residual path around each, ReLU
 * inside, layer norms without weights. At the start every branch has about unit variance.
 *
 * @param in from the input to the stream
 * @param out from the stream to the logits
 */
public record FfnStack(Norm norm, Dense in, List<Block> blocks, Dense out) {
  /** The width inside a block against that of the stream. */
  private static final int EXPANSION = 2;

  /** Where the layer norms are. */
  public enum Norm {
    /** {@code x + F(LN(x))}, and one norm after the last block. */
    PRE,
    /** {@code LN(x + F(x))}. */
    POST
  }

  /** The two layers of a branch. */
  public record Block(Dense first, Dense second) {}

  public FfnStack {
    blocks = List.copyOf(blocks);
  }

  /** Draws a stack. */
  public static FfnStack draw(
      Draws draws, Norm norm, int inputs, int width, int count, int classes) {
    Dense in = Dense.draw(draws, Init.lecun(), inputs, width);
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      blocks.add(
          new Block(
              Dense.draw(draws, Init.he(), width, EXPANSION * width),
              Dense.draw(draws, Init.lecun(), EXPANSION * width, width)));
    }
    return new FfnStack(norm, in, blocks, Dense.draw(draws, Init.lecun(), width, classes));
  }

  /** x {@code [rows, inputs]} → the stream before the first block and after each. */
  public List<Variable> trace(Variable x) {
    List<Variable> stream = new ArrayList<>(List.of(in.apply(x)));
    for (Block block : blocks) {
      Variable h = stream.getLast();
      Variable read = norm == Norm.PRE ? Norms.layer(h) : h;
      Variable branch =
          block.second().apply(ActivationFormula.RELU.apply(block.first().apply(read)));
      Variable sum = Primitives.add(h, branch);
      stream.add(norm == Norm.PRE ? sum : Norms.layer(sum));
    }
    return stream;
  }

  /** The logits of a stream. */
  public Variable logits(Variable stream) {
    return out.apply(norm == Norm.PRE ? Norms.layer(stream) : stream);
  }

  /** x {@code [rows, inputs]} → logits {@code [rows, classes]}. */
  public Variable apply(Variable x) {
    return logits(trace(x).getLast());
  }

  /** Everything trained. */
  public List<Leaf> leaves() {
    List<Leaf> leaves = new ArrayList<>(in.leaves());
    for (Block block : blocks) {
      leaves.addAll(block.first().leaves());
      leaves.addAll(block.second().leaves());
    }
    leaves.addAll(out.leaves());
    return leaves;
  }
}
