package dev.lockstep.reference;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Remembers each primitive as it is evaluated, and differentiates the lot in either direction:
 *
 * <pre>{@code
 * Tape tape = new Tape();
 * Variable x = tape.variable(values, 3, 4);
 * Variable y = SoftmaxFormula.softmax(x);
 * y.seedGradient(upstream);
 * tape.reverse();
 * x.gradient();
 * }</pre>
 *
 * Several outputs may be seeded; their gradients add up, as they should. What the sweeps cost is
 * counted.
 */
public final class Tape {
  private static final double[] ONE = {1};

  private final List<Step> steps = new ArrayList<>();
  private final List<Variable> inputs = new ArrayList<>();
  private final Map<Leaf, Variable> leaves = new IdentityHashMap<>();
  private final List<Version> versions = new ArrayList<>();
  private final Set<Variable> ofLeaves = Collections.newSetFromMap(new IdentityHashMap<>());
  private long forwardMultiplies;
  private long backwardMultiplies;
  private int reverseSweeps;
  private int forwardSweeps;
  private long recomputedMultiplies;
  private int visits;

  private record Step(Variable output, Derivative derivative, List<Variable> inputs) {}

  /** What was read of a leaf. */
  private record Version(Leaf leaf, int number) {}

  /** An input: {@code values} in row-major order, not copied. */
  public Variable variable(double[] values, int... shape) {
    return input(values, shape, true);
  }

  /**
   * An input that needs no gradient. Reverse mode computes none for it, nor for anything that
   * depends on constants alone.
   */
  public Variable constant(double[] values, int... shape) {
    return input(values, shape, false);
  }

  /** A trained tensor, the same variable each time; sweeps add to its gradient. */
  public Variable variable(Leaf leaf) {
    return leaves.computeIfAbsent(leaf, unread -> read(unread, true));
  }

  /** A trained tensor that is frozen here. */
  public Variable constant(Leaf leaf) {
    return read(leaf, false);
  }

  private Variable read(Leaf leaf, boolean trained) {
    Variable variable = input(leaf.values(), leaf.shape(), trained);
    versions.add(new Version(leaf, leaf.version()));
    ofLeaves.add(variable);
    return variable;
  }

  private Variable input(double[] values, int[] shape, boolean needsGradient) {
    Variable input = new Variable(this, values, shape, needsGradient);
    inputs.add(input);
    return input;
  }

  /** The result of a primitive. */
  Variable record(double[] values, int[] shape, Jacobian jacobian, Variable... inputs) {
    boolean needsGradient = false;
    for (Variable input : inputs) {
      if (input.tape() != this) {
        throw new IllegalArgumentException("the inputs of one primitive are on different tapes");
      }
      needsGradient |= input.needsGradient();
    }
    forwardMultiplies += jacobian.multiplies();
    return record(new Variable(this, values, shape, needsGradient), jacobian, List.of(inputs));
  }

  private Variable record(Variable output, Derivative derivative, List<Variable> inputs) {
    steps.add(new Step(output, derivative, inputs));
    return output;
  }

  /**
   * {@code segment(x)}, of which only x is kept. Every reverse sweep evaluates the segment again,
   * on another tape: it must do the same each time, and read what it trains from leaves, through
   * {@code x.tape()} (gradient checkpointing; Chen et al. 2016, <a
   * href="https://arxiv.org/abs/1604.06174">1604.06174</a>). Forward mode carries the tangent of x
   * through it, not those of leaves.
   */
  public Variable checkpoint(UnaryOperator<Variable> segment, Variable x) {
    Segment.Pass pass = Segment.Pass.of(segment, x);
    Variable y = pass.y();
    versions.addAll(pass.tape().versions);
    forwardMultiplies += pass.tape().forwardMultiplies;
    return record(
        new Variable(this, y.values(), y.shape(), y.needsGradient()),
        Segment.of(segment, x, pass),
        List.of(x));
  }

  /** Takes over what a segment's own tape cost. */
  void addCosts(Tape segment) {
    recomputedMultiplies += segment.forwardMultiplies + segment.recomputedMultiplies;
    backwardMultiplies += segment.backwardMultiplies;
    visits += segment.visits;
  }

  /**
   * Reverse mode: carries the seeded gradients back, {@code xᵍ += Jᵀ yᵍ}. Each sweep starts from
   * the seeds and adds what arrives to the gradients of inputs and leaves, so a second one adds the
   * same again.
   *
   * @throws IllegalStateException if a leaf's values were updated since they were read
   */
  public void reverse() {
    versions.forEach(Tape::requireCurrent);
    List<double @Nullable []> before = new ArrayList<>();
    for (Variable input : inputs) {
      before.add(input.restartGradient());
    }
    for (Step step : steps) {
      step.output().restartGradient();
    }
    reverseSweeps++;
    visits = 0;
    for (Step step : steps.reversed()) {
      if (step.output().hasGradient()) {
        visits++;
        carryBack(step);
      }
    }
    leaves.forEach(
        (leaf, variable) -> {
          if (variable.hasGradient()) {
            Elementwise.addScaled(leaf.gradient(), 1, variable.gradient());
          }
        });
    for (int i = 0; i < inputs.size(); i++) {
      Variable input = inputs.get(i);
      visits += input.hasGradient() ? 1 : 0;
      double[] earlier = before.get(i);
      if (earlier != null) {
        Elementwise.addScaled(input.gradient(), 1, earlier);
      }
    }
  }

  /** The gradient of one scalar: reverse mode from it alone, other seeds forgotten. */
  public void reverse(Variable scalar) {
    forgetSeeds();
    scalar.scalar();
    scalar.seedGradient(ONE);
    reverse();
  }

  private static void requireCurrent(Version read) {
    Leaf leaf = read.leaf();
    if (leaf.version() != read.number()) {
      throw new IllegalStateException(
          "reverse: %s was read at version %d and updated since, to version %d"
              .formatted(leaf.name(), read.number(), leaf.version()));
    }
  }

  private void carryBack(Step step) {
    double[][] gradients = new double[step.inputs().size()][];
    for (int i = 0; i < gradients.length; i++) {
      Variable input = step.inputs().get(i);
      if (input.needsGradient()) {
        gradients[i] = input.gradient();
        backwardMultiplies += step.derivative().multiplies();
      }
    }
    step.derivative().pullBack(step.output().gradient(), gradients);
  }

  /** Forward mode: carries the seeded tangents on, {@code ẏ += J ẋ}, from the seeds each time. */
  public void forward() {
    inputs.forEach(Variable::restartTangent);
    steps.forEach(step -> step.output().restartTangent());
    forwardSweeps++;
    for (Step step : steps) {
      if (step.inputs().stream().noneMatch(Variable::hasTangent)) {
        continue;
      }
      double[][] directions = new double[step.inputs().size()][];
      for (int i = 0; i < directions.length; i++) {
        Variable input = step.inputs().get(i);
        directions[i] = input.hasTangent() ? input.tangent() : null;
      }
      step.derivative().pushForward(directions, step.output().tangent());
    }
  }

  /** Takes every seed back, so that other outputs or directions may be asked for. */
  public void forgetSeeds() {
    inputs.forEach(Variable::forgetSeeds);
    steps.forEach(step -> step.output().forgetSeeds());
  }

  /** Multiplications of all matrix products and convolutions that were evaluated. */
  public long forwardMultiplies() {
    return forwardMultiplies;
  }

  /** Multiplications of all reverse sweeps so far in the gradients of such products. */
  public long backwardMultiplies() {
    return backwardMultiplies;
  }

  /** Multiplications of all reverse sweeps so far in evaluating segments again. */
  public long recomputedMultiplies() {
    return recomputedMultiplies;
  }

  /** How many reverse sweeps there were. */
  public int reverseSweeps() {
    return reverseSweeps;
  }

  /** How many forward sweeps there were. */
  public int forwardSweeps() {
    return forwardSweeps;
  }

  /** How many inputs and results the last reverse sweep went to. */
  public int visits() {
    return visits;
  }

  /**
   * How many tensors have to be kept for a reverse sweep: those that the partial derivatives are
   * made of, each once, and as many again as the segment needs that needs most. Leaves are there
   * anyway and do not count.
   */
  public int keptTensors() {
    Set<double[]> kept = kept();
    int inside = 0;
    for (Step step : steps) {
      if (step.derivative() instanceof Segment segment && step.output().needsGradient()) {
        boolean result = segment.keepsResult() && !kept.contains(step.output().values());
        inside = Math.max(inside, segment.keptInside() + (result ? 1 : 0));
      }
    }
    return kept.size() + inside;
  }

  /** The bytes of {@link #keptTensors()} in double precision. */
  public long keptBytes() {
    Set<double[]> kept = kept();
    long inside = 0;
    for (Step step : steps) {
      if (step.derivative() instanceof Segment segment && step.output().needsGradient()) {
        boolean result = segment.keepsResult() && !kept.contains(step.output().values());
        long bytes = result ? (long) Double.BYTES * step.output().count() : 0;
        inside = Math.max(inside, segment.bytesInside() + bytes);
      }
    }
    return bytes(kept) + inside;
  }

  static long bytes(Set<double[]> arrays) {
    return arrays.stream().mapToLong(values -> (long) Double.BYTES * values.length).sum();
  }

  /** What this tape itself keeps. */
  Set<double[]> kept() {
    Set<double[]> kept = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Step step : steps) {
      if (!step.output().needsGradient()) {
        continue;
      }
      boolean[] wanted = new boolean[step.inputs().size()];
      for (int i = 0; i < wanted.length; i++) {
        wanted[i] = step.inputs().get(i).needsGradient();
      }
      Derivative.Reads reads = step.derivative().reads();
      for (int i = 0; i < wanted.length; i++) {
        if (reads.input(i, wanted)) {
          keep(kept, step.inputs().get(i));
        }
      }
      if (reads.output()) {
        keep(kept, step.output());
      }
    }
    return kept;
  }

  private void keep(Set<double[]> kept, Variable variable) {
    if (!ofLeaves.contains(variable.original())) {
      kept.add(variable.original().values());
    }
  }
}
