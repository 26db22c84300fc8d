package dev.lockstep.train;

import dev.lockstep.data.Batch;
import dev.lockstep.data.DigitImages;
import dev.lockstep.data.HeldOutBatches;
import dev.lockstep.data.ImageSampler;
import dev.lockstep.data.LabelledImages;
import dev.lockstep.device.Stream;
import dev.lockstep.nn.ClassifierConfig;
import dev.lockstep.nn.OpSet;
import dev.lockstep.nn.Parameters;

/** Which digit an image shows, from its pixels. */
final class ClassifyTask implements Task {
  private final DigitImages images;
  private final ImageSampler sampler;
  private final HeldOutBatches heldOut;

  ClassifyTask(TrainConfig config, ClassifierConfig model) {
    images = DigitImages.load(config.input().data());
    LabelledImages training = images.training();
    if (training.pixels() != model.features()) {
      throw new IllegalArgumentException(
          "%s has images of %d x %d pixels; the model takes %d"
              .formatted(images.source(), training.height(), training.width(), model.features()));
    }
    if (model.classes() != LabelledImages.DIGITS) {
      throw new IllegalArgumentException(
          "classes %d must be %d, the digits there are"
              .formatted(model.classes(), LabelledImages.DIGITS));
    }
    sampler = new ImageSampler(training, config.rowsPerStep(), config.seed());
    heldOut = HeldOutBatches.of(images.heldOut(), config.batch());
  }

  @Override
  public String source() {
    return images.source();
  }

  @Override
  public long trainingSize() {
    return images.training().count();
  }

  @Override
  public long heldOutSize() {
    return images.heldOut().count();
  }

  @Override
  public void fill(Batch batch, int step, int firstRow) {
    sampler.fill(batch, step, firstRow);
  }

  @Override
  public int heldOutBatches() {
    return heldOut.count();
  }

  @Override
  public void fillHeldOut(Batch batch, int index) {
    heldOut.fill(batch, index);
  }

  @Override
  public boolean countsHits() {
    return true;
  }

  @Override
  public Validation validation(double nats, long hits) {
    double count = heldOutSize();
    return new Validation.Classification(nats / count, hits / count);
  }

  @Override
  public Baselines baselines() {
    return Baselines.Majority.of(images);
  }

  @Override
  public String sample(OpSet ops, Parameters parameters, Stream stream) {
    return "";
  }
}
