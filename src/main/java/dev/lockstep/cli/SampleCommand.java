package dev.lockstep.cli;

import dev.lockstep.device.Device;
import dev.lockstep.train.Generation;
import dev.lockstep.train.Precision;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Generates text with a trained model. */
@Command(
    name = "sample",
    description = "Generates text with the model of a checkpoint that train wrote.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  lockstep sample --checkpoint runs/train/checkpoint.safetensors",
      "  lockstep sample --checkpoint runs/train/checkpoint.safetensors --prompt Copyright"
    })
final class SampleCommand implements Callable<Integer> {
  @Mixin private final Console console = new Console();
  @Mixin private final DeviceSelection device = new DeviceSelection();

  @Option(
      names = "--checkpoint",
      paramLabel = "FILE",
      description = "what train wrote; always needed")
  private @Nullable Path checkpoint;

  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      description = "what the text is to go on from (default: a line's end)")
  private String prompt = "\n";

  @Option(
      names = "--length",
      paramLabel = "N",
      description = "bytes to generate" + TrainCommand.DEFAULT)
  private int length = 400;

  @Option(
      names = "--temperature",
      paramLabel = "X",
      description = "0 always takes the likeliest byte" + TrainCommand.DEFAULT)
  private double temperature = 0.7;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "the same seed draws the same text" + TrainCommand.DEFAULT)
  private long seed = 1;

  @Option(
      names = "--precision",
      paramLabel = "TYPE",
      description = "bf16 (default), fp16, tf32 or fp32")
  private Precision precision = Precision.BF16;

  @Override
  public Integer call() {
    Path file = checkpoint;
    if (file == null) {
      throw new UserError("give --checkpoint FILE, which train wrote");
    }
    Generation generation = UserError.judging(() -> new Generation(file));
    try (Device opened = device.open().device()) {
      String text =
          UserError.judging(
              () -> generation.text(opened, precision, prompt, length, temperature, seed));
      console.print("%s", TrainReport.printable(text));
    }
    return Lockstep.OK;
  }
}
