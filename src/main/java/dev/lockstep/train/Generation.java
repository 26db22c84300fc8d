package dev.lockstep.train;

import dev.lockstep.data.ByteTokenizer;
import dev.lockstep.device.Device;
import dev.lockstep.device.Stream;
import dev.lockstep.nn.LanguageModelConfig;
import dev.lockstep.nn.ModelParameters;
import dev.lockstep.nn.OpSet;
import dev.lockstep.nn.Parameters;
import dev.lockstep.ops.KernelLibrary;
import java.nio.file.Path;
import java.util.Arrays;

/** Text from the model a checkpoint holds. */
public final class Generation {
  private final LanguageModelConfig model;
  private final Checkpoint checkpoint;

  /**
   * Reads a checkpoint; what it says about the run it is of is not needed.
   *
   * @throws IllegalArgumentException in one line for people
   */
  public Generation(Path file) {
    if (!(Checkpoint.model(file) instanceof LanguageModelConfig language)) {
      throw new IllegalArgumentException(
          "checkpoint %s is of a run that learned to classify: it generates no text"
              .formatted(file));
    }
    model = language;
    checkpoint = Checkpoint.read(file, model);
  }

  /** Steps the model was trained for. */
  public int step() {
    return checkpoint.step();
  }

  /**
   * What the model goes on with after a prompt.
   *
   * @param prompt in UTF-8 its last bytes are what the model sees first, with spaces before where
   *     it is shorter than a context
   * @param length bytes to generate
   * @param temperature divides the logits; 0 always takes the likeliest byte
   * @param seed the same seed draws the same bytes
   * @throws IllegalArgumentException for a negative length or temperature
   */
  public String text(
      Device device,
      Precision precision,
      String prompt,
      int length,
      double temperature,
      long seed) {
    Checks.requireAtLeast("length", length, 0);
    Checks.requireNotNegative("temperature", temperature);
    try (KernelLibrary library = new KernelLibrary(device);
        Stream stream = device.newStream();
        Parameters parameters =
            new Parameters(library, ModelParameters.specs(model), precision.dtype())) {
      parameters.load(stream, checkpoint.weights());
      Sampler sampler = new Sampler(model, OpSet.of(library, precision.products()), parameters);
      return ByteTokenizer.decode(
          sampler.generate(stream, padded(prompt), length, temperature, seed));
    }
  }

  private byte[] padded(String prompt) {
    byte[] bytes = ByteTokenizer.encode(prompt);
    int missing = Math.max(0, model.context() - bytes.length);
    byte[] padded = new byte[missing + bytes.length];
    Arrays.fill(padded, 0, missing, (byte) ' ');
    System.arraycopy(bytes, 0, padded, missing, bytes.length);
    return padded;
  }
}
