package dev.lockstep.grill.architectures;

import dev.lockstep.grill.evidence.Criterion;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Findings;
import dev.lockstep.grill.evidence.Spread;
import dev.lockstep.grill.evidence.Verdict;
import dev.lockstep.grill.item.Calculation;
import dev.lockstep.grill.item.Calculation.Closeness;
import dev.lockstep.grill.item.Choice;
import dev.lockstep.grill.item.Choice.Wrong;
import dev.lockstep.grill.item.Item;
import dev.lockstep.grill.lab.Lab;
import dev.lockstep.grill.lab.Question;
import dev.lockstep.grill.lab.Topic;
import dev.lockstep.grill.lab.Trial;
import dev.lockstep.grill.toy.Accuracy;
import dev.lockstep.grill.toy.Dense;
import dev.lockstep.grill.toy.Figures;
import dev.lockstep.grill.toy.Init;
import dev.lockstep.grill.toy.Norms;
import dev.lockstep.grill.toy.Training;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.BatchNormFormula;
import dev.lockstep.reference.ConvolutionFormula;
import dev.lockstep.reference.ConvolutionFormula.Geometry;
import dev.lockstep.reference.CrossEntropyFormula;
import dev.lockstep.reference.Descent;
import dev.lockstep.reference.Leaf;
import dev.lockstep.reference.NormFormula;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import dev.lockstep.reference.Views;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** What the rest of the batch does to a sample, with batch norm and with layer norm. */
public final class BatchAndLayerNorm implements Lab {
  private static final Question QUESTION =
      Question.number(43, "bn-vs-ln", Topic.ARCHITECTURES)
          .asks("Batch norm or layer norm: what differs, and which goes where?")
          .formula(
              "BN: (x − mean)/√(var + ε) of each feature over the batch;  LN: over the features of"
                  + " each sample",
              "\\hat x = \\frac{x - \\mu}{\\sqrt{\\sigma^2 + \\varepsilon}}, \\quad (\\mu,"
                  + " \\sigma^2) \\text{ over the batch (BN) or over the features (LN)}")
          .answer(
              "Batch norm makes a sample's output depend on its batch and needs running statistics"
                  + " afterwards; layer norm looks at one sample alone. CNNs need batch norm,"
                  + " transformers layer norm.")
          .but(
              "That CNNs need it is history: norms within one sample train them, too, as ConvNeXt"
                  + " and group norm do.")
          .experiment(
              "One sample of 8 features among 200 random batches of 2 to 256; padding with zeros;"
                  + " batches of one; and a small CNN on 6 × 6 images of stripes with either norm.")
          .points(
              "batch norm normalises each feature over the batch, layer norm each sample",
              "batch norm's output moves with the batch, by about 1/√B",
              "batch norm keeps running statistics for inference",
              "a batch of one leaves nothing of the sample")
          .kernels("layernorm_40x64")
          .expects(Verdict.CORRECTED);

  private static final BatchNormFormula BATCH_NORM = new BatchNormFormula(1e-5, 0.1);
  private static final int FEATURES = 8;
  private static final int COMPANIES = 200;
  private static final int[] BATCHES = {2, 4, 8, 32, 128, 256};
  private static final int SIDE = 6;
  private static final int CHANNELS = 6;
  private static final int IMAGES = 16;
  private static final int STEPS = 80;

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    company(findings, trial.draws().child("company"));
    edges(findings, trial.draws().child("edges"));
    images(findings, trial);
    return findings;
  }

  private static void company(Findings findings, Draws draws) {
    double[] sample = draws.child("sample").normals(FEATURES, 1);
    double[] x = new double[BATCHES.length];
    double[] moved = new double[BATCHES.length];
    for (int b = 0; b < BATCHES.length; b++) {
      x[b] = BATCHES[b];
      moved[b] = deviation(draws.child(b), sample, BATCHES[b], BatchAndLayerNorm::batchNorm);
      findings.number("deviation of the output, batches of " + BATCHES[b], moved[b]);
    }
    double layer = deviation(draws.child(2), sample, 8, Norms::layer);
    Criterion moves = Criterion.between("deviation of one sample's output", 0.28, 0.6);
    findings.shows(moves, "batch norm, batches of 8", moved[2]);
    findings.control(moves, "layer norm", layer);
    Criterion stays = Criterion.exactly("deviation of one sample's output", 0);
    findings.shows(stays, "layer norm", layer);
    findings.control(stays, "batch norm, batches of 8", moved[2]);
    BatchNormFormula.Running kept = kept(draws.child("kept"));
    double inference = deviation(draws.child(2), sample, 8, batch -> atInference(batch, kept));
    findings.number("deviation of the output, statistics of 200 batches kept", inference);
    findings.shows(stays, "batch norm, statistics of 200 batches kept", inference);
    double slope = slope(moved[2], moved[5]);
    double alike = slope(alike(draws, sample, 8), alike(draws, sample, 256));
    findings.number("power of the batch it goes with, from 8 to 256", slope);
    findings.number("the same, the rest of the batch all alike", alike);
    Criterion root = Criterion.between("power of the batch it goes with", -0.6, -0.4);
    findings.shows(root, "batch norm, 8 to 256", slope);
    findings.control(root, "the rest of the batch all alike", alike);
    findings.picture(
        new Chart.Plot(
            "What the batch does to a sample",
            Axis.log("batch"),
            Axis.log("standard deviation of its output"),
            List.of(Figures.line("batch norm", x, moved))));
  }

  /** From batches of 8 to such of 256. */
  private static double slope(double small, double large) {
    return Math.log(large / small) / Math.log(256.0 / 8);
  }

  private static double deviation(
      Draws draws, double[] sample, int batch, UnaryOperator<Variable> norm) {
    return deviation(() -> draws.normals(batch * FEATURES, 1), sample, batch, norm);
  }

  /** With batch norm, where one random sample fills the rest of the batch. */
  private static double alike(Draws draws, double[] sample, int batch) {
    Draws own = draws.child("alike").child(batch);
    return deviation(
        () -> {
          double[] other = own.normals(FEATURES, 1);
          double[] x = new double[batch * FEATURES];
          Arrays.setAll(x, i -> other[i % FEATURES]);
          return x;
        },
        sample,
        batch,
        BatchAndLayerNorm::batchNorm);
  }

  /** Of one sample's output over random batches, root mean square over its features. */
  private static double deviation(
      Supplier<double[]> batches, double[] sample, int batch, UnaryOperator<Variable> norm) {
    double[] sum = new double[FEATURES];
    double[] squares = new double[FEATURES];
    double[] first = {};
    for (int c = 0; c < COMPANIES; c++) {
      double[] x = batches.get();
      System.arraycopy(sample, 0, x, 0, FEATURES);
      double[] y = norm.apply(new Tape().constant(x, batch, FEATURES)).values();
      first = c == 0 ? y : first;
      for (int f = 0; f < FEATURES; f++) {
        // Less the first one's, so that what never moves has a deviation of exactly 0.
        double moved = y[f] - first[f];
        sum[f] += moved / COMPANIES;
        squares[f] += moved * moved / COMPANIES;
      }
    }
    double variance = 0;
    for (int f = 0; f < FEATURES; f++) {
      variance += (squares[f] - sum[f] * sum[f]) / FEATURES;
    }
    return Math.sqrt(variance);
  }

  private static Variable batchNorm(Variable x) {
    return BATCH_NORM.train(x, null, null, null).y();
  }

  /** Statistics as training keeps them, here over batches of 8. */
  private static BatchNormFormula.Running kept(Draws draws) {
    BatchNormFormula.Running running = new BatchNormFormula.Running(FEATURES);
    for (int batch = 0; batch < COMPANIES; batch++) {
      Variable x = new Tape().constant(draws.normals(8 * FEATURES, 1), 8, FEATURES);
      NormFormula.Normalized unused = BATCH_NORM.train(x, null, null, running);
    }
    return running;
  }

  private static Variable atInference(Variable x, BatchNormFormula.Running kept) {
    return BATCH_NORM.evaluate(x, null, null, kept);
  }

  private static void edges(Findings findings, Draws draws) {
    double[] sample = draws.normals(FEATURES, 1);
    Criterion gone = Criterion.exactly("largest output, batches of one", 0);
    double ofBatch = largest(batchNorm(new Tape().constant(sample, 1, FEATURES)).values());
    double ofLayer = largest(Norms.layer(new Tape().constant(sample, 1, FEATURES)).values());
    findings.number("largest output, batches of one, batch norm", ofBatch);
    findings.shows(gone, "batch norm", ofBatch);
    findings.control(gone, "layer norm", ofLayer);
    BatchNormFormula.Running kept = kept(draws.child("kept"));
    double ofKept = largest(atInference(new Tape().constant(sample, 1, FEATURES), kept).values());
    findings.control(gone, "batch norm, statistics of 200 batches kept", ofKept);

    double[] ten = draws.normals(10 * FEATURES, 1);
    for (int i = 0; i < ten.length; i++) {
      ten[i] += 1;
    }
    double[] forty = Arrays.copyOf(ten, 40 * FEATURES);
    Criterion shifted = Criterion.above("largest change by 30 rows of zeros", 0.3);
    double byBatch = padded(ten, forty, BatchAndLayerNorm::batchNorm);
    double byLayer = padded(ten, forty, Norms::layer);
    findings.number("largest change by padding, batch norm", byBatch);
    findings.shows(shifted, "batch norm", byBatch);
    findings.control(shifted, "layer norm", byLayer);
  }

  private static double largest(double[] values) {
    return Arrays.stream(values).map(Math::abs).max().orElseThrow();
  }

  private static double padded(double[] ten, double[] forty, UnaryOperator<Variable> norm) {
    double[] before = norm.apply(new Tape().constant(ten, 10, FEATURES)).values();
    double[] after = norm.apply(new Tape().constant(forty, 40, FEATURES)).values();
    double[] change = before.clone();
    Arrays.setAll(change, i -> after[i] - before[i]);
    return largest(change);
  }

  private static void images(Findings findings, Trial trial) {
    List<Draws> repeats = trial.repeats(3);
    Spread batch = Spread.over(repeats, d -> cnn(d, BatchAndLayerNorm::batchNorm, STEPS));
    Spread one = Spread.over(repeats, d -> cnn(d, BatchAndLayerNorm::sampleNorm, STEPS));
    Spread untrained = Spread.over(repeats, d -> cnn(d, BatchAndLayerNorm::sampleNorm, 0));
    findings.number("accuracy of the CNN, batch norm", batch);
    findings.number("accuracy of the CNN, norm within a sample", one);
    Criterion learns = Criterion.above("accuracy of the CNN", 0.9);
    findings.corrects(learns, "norm within a sample", one.median());
    findings.shows(learns, "batch norm", batch.median());
    findings.control(learns, "norm within a sample, untrained", untrained.median());
  }

  /** Over all channels and places of each sample: group norm with one group. */
  private static Variable sampleNorm(Variable x) {
    int[] shape = x.shape();
    return Views.reshape(Norms.layer(Views.reshape(x, shape[0], x.count() / shape[0])), shape);
  }

  /** Trains on stripes that lie or stand, noise on them; the accuracy on new ones. */
  private static double cnn(Draws draws, UnaryOperator<Variable> norm, int steps) {
    Draws own = draws.child("network");
    Leaf first = new Leaf("first", own.normals(CHANNELS * 9, 0.47), CHANNELS, 1, 3, 3);
    Leaf second =
        new Leaf("second", own.normals(CHANNELS * CHANNELS * 9, 0.19), CHANNELS, CHANNELS, 3, 3);
    Dense out = Dense.draw(own, Init.lecun(), CHANNELS, 2);
    UnaryOperator<Variable> network =
        x -> {
          Variable h = x;
          for (Leaf kernels : List.of(first, second)) {
            h = ConvolutionFormula.conv2d(h, x.tape().variable(kernels), null, Geometry.PLAIN);
            h = ActivationFormula.RELU.apply(norm.apply(h));
          }
          int places = h.count() / (IMAGES * CHANNELS);
          Variable pooled =
              Primitives.scale(
                  Primitives.sumRows(Views.reshape(h, IMAGES * CHANNELS, places)), 1.0 / places);
          return out.apply(Views.reshape(pooled, IMAGES, CHANNELS));
        };
    Draws batches = draws.child("batches");
    List<Leaf> leaves = new ArrayList<>(List.of(first, second));
    leaves.addAll(out.leaves());
    Training.run(
        Descent.adam(0.02),
        leaves,
        steps,
        (tape, step) -> {
          int[] labels = new int[IMAGES];
          double[] x = stripes(batches, labels);
          return CrossEntropyFormula.mean()
              .loss(network.apply(tape.constant(x, IMAGES, 1, SIDE, SIDE)), labels)
              .loss();
        });
    double right = 0;
    int tests = 10;
    for (int t = 0; t < tests; t++) {
      int[] labels = new int[IMAGES];
      double[] x = stripes(draws.child("held out").child(t), labels);
      right +=
          Accuracy.of(network.apply(new Tape().constant(x, IMAGES, 1, SIDE, SIDE)), labels) / tests;
    }
    return right;
  }

  private static double[] stripes(Draws draws, int[] labels) {
    double[] x = new double[IMAGES * SIDE * SIDE];
    for (int n = 0; n < IMAGES; n++) {
      boolean stands = draws.chance(0.5);
      labels[n] = stands ? 1 : 0;
      int phase = draws.below(2);
      for (int i = 0; i < SIDE * SIDE; i++) {
        int along = stands ? i % SIDE : i / SIDE;
        x[n * SIDE * SIDE + i] = ((along + phase) % 2 == 0 ? 1 : -1) + 0.7 * draws.normal();
      }
    }
    return x;
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Choice.of(
            "Batch norm in training, a batch of one, no places: what comes out before γ and β?",
            "zeros alone",
            new Wrong("the sample itself", "it is normalised: it is its own mean"),
            new Wrong("the sample, its mean taken off", "that is what layer norm begins with"),
            new Wrong("no numbers, but NaN", "ε keeps the division from failing")),
        Calculation.draw(
            draws,
            d -> {
              int factor = d.between(2, 6);
              int batch = 8 * d.between(1, 4);
              return Calculation.of(
                      "A sample's output moves by 0.4 in batches of %d. By how much in batches of %d?"
                          .formatted(batch, batch * factor * factor),
                      0.4 / factor,
                      Closeness.NEAR)
                  .slip(0.4, "more samples make the statistics steadier")
                  .slip(0.4 / (factor * factor), "it falls with the root of the batch")
                  .slip(0.4 * factor, "it falls, it does not rise");
            }));
  }
}
