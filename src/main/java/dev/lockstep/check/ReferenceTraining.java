package dev.lockstep.check;

import dev.lockstep.reference.AdamFormula;
import dev.lockstep.reference.ClipFormula;
import dev.lockstep.reference.CrossEntropyFormula;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The training run of {@link CharLmCheck} in double precision: the loop of the textbook. */
final class ReferenceTraining {
  private final Problem problem;
  private final Attributes attributes;
  private final AdamFormula optimizer;
  private final List<Weight> weights = new ArrayList<>();

  /** A parameter: {@code values} change with every step. */
  private record Weight(
      String name, int[] shape, double[] values, double decay, AdamFormula.State state) {}

  ReferenceTraining(Problem problem) {
    this.problem = problem;
    this.attributes = problem.attributes();
    this.optimizer =
        AdamFormula.adamW(
            attributes.number("beta1"), attributes.number("beta2"), attributes.number("adam_eps"));
    attributes
        .table("weight_decay")
        .forEach(
            (name, decay) -> {
              HostArray start = problem.input(name);
              weights.add(
                  new Weight(
                      name,
                      start.shape(),
                      start.values().clone(),
                      decay,
                      new AdamFormula.State(start.count())));
            });
  }

  Answers run() {
    int steps = attributes.integer("steps");
    double[] losses = new double[steps];
    double[] norms = new double[steps];
    Answers answers = new Answers();
    for (int step = 0; step < steps; step++) {
      Pass pass = pass(step);
      losses[step] = pass.loss();
      norms[step] = ClipFormula.norm(pass.gradients());
      double factor = ClipFormula.factor(norms[step], attributes.number("clip_max_norm"));
      update(step, ClipFormula.scaled(pass.gradients(), factor));
      if (step == 0) {
        for (int i = 0; i < weights.size(); i++) {
          answers.out("step1.grad." + weights.get(i).name(), pass.gradients().get(i));
          answers.out("step1.param." + weights.get(i).name(), weights.get(i).values().clone());
        }
      }
    }
    for (Weight weight : weights) {
      answers.out("final." + weight.name(), weight.values());
    }
    return answers.out("losses", losses).out("grad_norms", norms).out("loss_after", pass(0).loss());
  }

  private void update(int step, List<double[]> gradients) {
    double rate = attributes.numbers("lr_per_step").get(step);
    for (int i = 0; i < weights.size(); i++) {
      Weight weight = weights.get(i);
      optimizer.step(weight.values(), gradients.get(i), weight.state(), rate, weight.decay());
    }
  }

  /** Forward and backward over the batch of a step. */
  private Pass pass(int step) {
    Tape tape = new Tape();
    Map<String, Variable> variables = new LinkedHashMap<>();
    for (Weight weight : weights) {
      variables.put(weight.name(), tape.variable(weight.values(), weight.shape()));
    }
    Variable logits =
        Networks.languageModel(
            CharLmCheck.config(problem), variables, CharLmCheck.ofStep(problem, "ids", step));
    int[] targets = CharLmCheck.ofStep(problem, "targets", step);
    Variable loss = CrossEntropyFormula.mean().loss(logits, targets).loss();
    loss.seedGradient(1);
    tape.reverse();
    return new Pass(loss.scalar(), variables.values().stream().map(Variable::gradient).toList());
  }

  private record Pass(double loss, List<double[]> gradients) {}
}
