package dev.lockstep.train;

import dev.lockstep.data.Batch;
import dev.lockstep.data.BatchSampler;
import dev.lockstep.data.ByteTokenizer;
import dev.lockstep.data.Corpus;
import dev.lockstep.data.HeldOutBatches;
import dev.lockstep.device.Stream;
import dev.lockstep.nn.LanguageModelConfig;
import dev.lockstep.nn.OpSet;
import dev.lockstep.nn.Parameters;

/** The next byte of a text, from the bytes before it. */
final class TextTask implements Task {
  private final TrainConfig config;
  private final LanguageModelConfig model;
  private final Corpus corpus;
  private final BatchSampler sampler;
  private final HeldOutBatches heldOut;

  TextTask(TrainConfig config, LanguageModelConfig model) {
    this.config = config;
    this.model = model;
    corpus = Corpus.load(config.input().data());
    sampler = new BatchSampler(corpus, model.context(), config.seed());
    heldOut = HeldOutBatches.of(corpus, model.context(), config.batch());
  }

  @Override
  public String source() {
    return corpus.source();
  }

  @Override
  public long trainingSize() {
    return corpus.split();
  }

  @Override
  public long heldOutSize() {
    return corpus.heldOutLength();
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
    return false;
  }

  @Override
  public Validation validation(double nats, long hits) {
    return new Validation.Text(nats / Math.log(2) / corpus.heldOutLength());
  }

  @Override
  public Baselines baselines() {
    return Baselines.Text.of(corpus);
  }

  /** Text that goes on where the held-out part's first context ends. */
  @Override
  public String sample(OpSet ops, Parameters parameters, Stream stream) {
    byte[] prompt = corpus.bytes(corpus.split() - model.context(), model.context());
    return ByteTokenizer.decode(
        new Sampler(model, ops, parameters)
            .generate(
                stream,
                prompt,
                config.run().sampleLength(),
                config.run().temperature(),
                config.seed()));
  }
}
