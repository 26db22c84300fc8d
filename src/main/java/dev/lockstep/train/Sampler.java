package dev.lockstep.train;

import dev.lockstep.device.Stream;
import dev.lockstep.nn.LanguageModel;
import dev.lockstep.nn.LanguageModelConfig;
import dev.lockstep.nn.OpSet;
import dev.lockstep.nn.Parameters;
import dev.lockstep.numeric.CounterRandom;
import java.util.Arrays;

/** Generates text one byte at a time, each drawn from what the model predicts. */
final class Sampler {
  private final LanguageModelConfig config;
  private final OpSet ops;
  private final Parameters parameters;

  Sampler(LanguageModelConfig config, OpSet ops, Parameters parameters) {
    this.config = config;
    this.ops = ops;
    this.parameters = parameters;
  }

  /**
   * What follows a prompt.
   *
   * @param prompt at least one context of tokens; the last of it is what the model sees first
   * @param length tokens to generate
   * @param temperature divides the logits; 0 always takes the likeliest token
   * @param seed the same seed draws the same tokens
   * @return the generated tokens as bytes, the prompt not among them
   */
  byte[] generate(Stream stream, byte[] prompt, int length, double temperature, long seed) {
    CounterRandom random = CounterRandom.of(seed).child("sample");
    byte[] text = Arrays.copyOf(prompt, prompt.length + length);
    int[] ids = new int[config.context()];
    try (LanguageModel model = new LanguageModel(config, ops, parameters, 1, false, stream)) {
      for (int at = prompt.length; at < text.length; at++) {
        for (int c = 0; c < ids.length; c++) {
          ids[c] = text[at - ids.length + c] & 0xff;
        }
        model.ids().copyFrom(stream, ids);
        model.forward(stream);
        double[] logits = model.logits().toDoubles(stream);
        text[at] = (byte) draw(logits, temperature, random.uniform(at));
      }
    }
    return Arrays.copyOfRange(text, prompt.length, text.length);
  }

  /** The token at which the summed probabilities pass {@code uniform}, a number in [0, 1). */
  static int draw(double[] logits, double temperature, double uniform) {
    int likeliest = 0;
    for (int token = 1; token < logits.length; token++) {
      if (logits[token] > logits[likeliest]) {
        likeliest = token;
      }
    }
    if (temperature == 0) {
      return likeliest;
    }
    double[] weights = new double[logits.length];
    double total = 0;
    for (int token = 0; token < logits.length; token++) {
      weights[token] = Math.exp((logits[token] - logits[likeliest]) / temperature);
      total += weights[token];
    }
    double remaining = uniform * total;
    for (int token = 0; token < logits.length; token++) {
      remaining -= weights[token];
      if (remaining < 0) {
        return token;
      }
    }
    return likeliest; // all the sum's rounding errors went one way
  }
}
