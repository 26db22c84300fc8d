package dev.lockstep.grill.subtleties;

import dev.lockstep.grill.evidence.Criterion;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Findings;
import dev.lockstep.grill.evidence.Spread;
import dev.lockstep.grill.evidence.Verdict;
import dev.lockstep.grill.item.Choice;
import dev.lockstep.grill.item.Choice.Wrong;
import dev.lockstep.grill.item.Item;
import dev.lockstep.grill.lab.Lab;
import dev.lockstep.grill.lab.Question;
import dev.lockstep.grill.lab.Topic;
import dev.lockstep.grill.lab.Trial;
import dev.lockstep.grill.toy.Accuracy;
import dev.lockstep.grill.toy.Figures;
import dev.lockstep.grill.toy.Init;
import dev.lockstep.grill.toy.Mlp;
import dev.lockstep.grill.toy.Training;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.CrossEntropyFormula;
import dev.lockstep.reference.Descent;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** Training loss falls, validation loss rises: what that is, and how little accuracy it costs. */
public final class Overfitting implements Lab {
  private static final Question QUESTION =
      Question.number(48, "overfitting", Topic.SUBTLETIES)
          .asks("Training loss falls while validation loss rises. What is it, and what helps?")
          .formula(
              "gap = L_val − L_train;  stop at t* = argmin L_val",
              "\\text{gap} = L_{\\text{val}} - L_{\\text{train}}, \\qquad"
                  + " t^* = \\arg\\min_t L_{\\text{val}}(t)")
          .answer(
              "The network learns the noise of its training set by heart. Early stopping, more"
                  + " data, regularisation or a smaller network help.")
          .but(
              "The loss may multiply while accuracy hardly moves: mostly the network grows too sure"
                  + " of its errors.")
          .experiment(
              "Linear labels in 10 dimensions, 15% flipped; 10-64-2 with AdamW 0.01 and 400 steps"
                  + " of 64: the same 64 samples each time, or 25,600 of them.")
          .points(
              "it fits the noise of the training set: overfitting",
              "stop where validation loss is least",
              "more data, regularisation or a smaller network",
              "validation loss rises more by confidence than by errors")
          .expects(Verdict.CONFIRMED);

  private static final int INPUTS = 10;
  private static final int BATCH = 64;
  private static final int STEPS = 400;
  private static final int EVERY = 10;
  private static final int HELD_OUT = 512;
  private static final double FLIPPED = 0.15;

  /** Inputs and labels. */
  private record Data(double[] inputs, int[] labels) {
    static Data draw(Draws draws, double[] direction, int count) {
      double[] inputs = draws.normals(count * INPUTS, 1);
      int[] labels = new int[count];
      for (int p = 0; p < count; p++) {
        double z = 0;
        for (int i = 0; i < INPUTS; i++) {
          z += direction[i] * inputs[p * INPUTS + i];
        }
        labels[p] = (z > 0) == draws.chance(FLIPPED) ? 0 : 1;
      }
      return new Data(inputs, labels);
    }

    Variable logits(Mlp network, Tape tape) {
      return network.apply(tape.constant(inputs, labels.length, INPUTS));
    }
  }

  /** Training losses of each step; validation loss and accuracy of every tenth. */
  private record Run(double[] train, double[] steps, double[] losses, double[] accuracies) {
    int best() {
      int best = 0;
      for (int i = 1; i < losses.length; i++) {
        best = losses[i] < losses[best] ? i : best;
      }
      return best;
    }

    double growth() {
      return losses[losses.length - 1] / losses[best()];
    }

    /** Of the share of errors, since the validation loss was least. */
    double moreErrors() {
      return (1 - accuracies[accuracies.length - 1]) / (1 - accuracies[best()]);
    }

    double end() {
      return Training.end(train, 20);
    }
  }

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    List<Draws> repeats = trial.repeats(3);
    List<Run> few = repeats.stream().map(draws -> learn(draws, false)).toList();
    List<Run> many = repeats.stream().map(draws -> learn(draws, true)).toList();
    Criterion rises = Criterion.above("validation loss at the end against its least", 2);
    Criterion learnt = Criterion.below("training loss", 0.01);
    Criterion little = Criterion.below("growth since the least validation loss", 1.4);
    double growth =
        found(findings, "validation loss at the end against its least", few, Run::growth);
    double end = found(findings, "training loss", few, Run::end);
    double errors = found(findings, "validation errors at the same steps", few, Run::moreErrors);
    double growthOfMany =
        found(findings, "the same against its least, 25,600 samples", many, Run::growth);
    double endOfMany = found(findings, "training loss, 25,600 samples", many, Run::end);
    findings.shows(rises, "64 samples", growth);
    findings.control(rises, "25,600 samples", growthOfMany);
    findings.shows(learnt, "64 samples", end);
    findings.control(learnt, "25,600 samples", endOfMany);
    findings.shows(little, "share of errors, 64 samples", errors);
    findings.control(little, "loss, 64 samples", growth);
    Run first = few.getFirst();
    findings.picture(
        new Chart.Plot(
            "64 samples, again and again",
            Axis.linear("step"),
            Axis.log("loss"),
            List.of(
                Series.steps("training", first.train()),
                Figures.line("validation", first.steps(), first.losses()),
                Figures.line(
                    "validation, 25,600 samples", first.steps(), many.getFirst().losses()))));
    findings.picture(
        new Chart.Plot(
            "Accuracy on what was held out",
            Axis.linear("step"),
            Axis.linear("accuracy"),
            List.of(
                Figures.line("64 samples", first.steps(), first.accuracies()),
                Figures.line("25,600 samples", first.steps(), many.getFirst().accuracies()))));
    return findings;
  }

  private static double found(
      Findings findings, String name, List<Run> runs, ToDoubleFunction<Run> number) {
    Spread spread = Spread.over(runs, number);
    findings.number(name, spread);
    return spread.median();
  }

  private static Run learn(Draws draws, boolean fresh) {
    double[] direction = draws.child("direction").normals(INPUTS, 1);
    Data same = Data.draw(draws.child("training"), direction, BATCH);
    Data heldOut = Data.draw(draws.child("held out"), direction, HELD_OUT);
    Draws batches = draws.child("batches");
    Mlp network =
        Mlp.draw(draws.child("network"), Init.he(), ActivationFormula.RELU, INPUTS, 64, 2);
    double[] steps = new double[STEPS / EVERY];
    double[] losses = new double[STEPS / EVERY];
    double[] accuracies = new double[STEPS / EVERY];
    double[] train =
        Training.run(
            Descent.adamW(0.01, 0.01),
            network.leaves(),
            STEPS,
            (tape, step) -> {
              if (step % EVERY == 0) {
                Variable logits = heldOut.logits(network, new Tape());
                steps[step / EVERY] = step;
                losses[step / EVERY] =
                    CrossEntropyFormula.mean().loss(logits, heldOut.labels()).loss().scalar();
                accuracies[step / EVERY] = Accuracy.of(logits, heldOut.labels());
              }
              Data batch = fresh ? Data.draw(batches, direction, BATCH) : same;
              return CrossEntropyFormula.mean()
                  .loss(batch.logits(network, tape), batch.labels())
                  .loss();
            });
    return new Run(train, steps, losses, accuracies);
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Choice.of(
            "Validation loss has tripled, accuracy fell by 5 points. What is mostly the cause?",
            "it is too sure of errors",
            new Wrong("the labels are broken", "then it would not have been better before"),
            new Wrong("it is underfitting", "training loss would still be high"),
            new Wrong("its rate is too low", "training loss falls well enough")),
        Choice.of(
            "Where does early stopping take the weights from?",
            "least validation loss",
            new Wrong("least training loss", "that is where it has overfitted most"),
            new Wrong("the smallest gap of both", "the gap is smallest before anything is learnt"),
            new Wrong("least gradient norm", "a minimum of the training loss is no aim here")));
  }
}
