package dev.lockstep.train;

import dev.lockstep.data.Batch;
import dev.lockstep.device.Stream;
import dev.lockstep.nn.ClassifierConfig;
import dev.lockstep.nn.LanguageModelConfig;
import dev.lockstep.nn.OpSet;
import dev.lockstep.nn.Parameters;

/**
 * What a run learns, with the data it learns from: all that a {@link Trainer} does not do for every
 * model alike. Which model reads the batches says {@link TrainConfig#model}.
 */
sealed interface Task permits TextTask, ClassifyTask {
  /**
   * The task of a configuration, its data read and found to fit.
   *
   * @throws IllegalArgumentException in one line for people
   */
  static Task of(TrainConfig config) {
    return switch (config.model()) {
      case LanguageModelConfig model -> new TextTask(config, model);
      case ClassifierConfig model -> new ClassifyTask(config, model);
    };
  }

  /** What was read, for people. */
  String source();

  /** How much there is to train on: bytes, or images. */
  long trainingSize();

  /** How much is held out. */
  long heldOutSize();

  /**
   * Fills a batch with rows {@code firstRow …} of a step; the same rows whenever that is done.
   *
   * @param step from 0
   */
  void fill(Batch batch, int step, int firstRow);

  /** Batches that hold the whole held-out part. */
  int heldOutBatches();

  /** Fills a batch with part of the held-out part; rows past its end are ignored ones. */
  void fillHeldOut(Batch batch, int index);

  /** Whether validation asks how often the largest logit is the right one. */
  boolean countsHits();

  /**
   * What the held-out part gave.
   *
   * @param nats the losses of all its rows
   * @param hits rows whose largest logit was the right one, where they were counted
   */
  Validation validation(double nats, long hits);

  /** What there is to compare with. */
  Baselines baselines();

  /** What the trained model says, for people; empty where it says nothing. */
  String sample(OpSet ops, Parameters parameters, Stream stream);
}
