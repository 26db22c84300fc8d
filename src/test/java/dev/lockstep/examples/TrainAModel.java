package dev.lockstep.examples;

import dev.lockstep.check.CheckOptions;
import dev.lockstep.check.CheckReport;
import dev.lockstep.check.Checks;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.nn.FeedForwardKind;
import dev.lockstep.nn.LanguageModelConfig;
import dev.lockstep.numeric.DType;
import dev.lockstep.train.Precision;
import dev.lockstep.train.TrainConfig;
import dev.lockstep.train.TrainListener;
import dev.lockstep.train.TrainSummary;
import dev.lockstep.train.Trainer;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Builds a model, checks its gradients and trains it: {@code java TrainAModel sim book.txt out}.
 */
public final class TrainAModel {
  private TrainAModel() {}

  public static void main(String[] arguments) {
    TrainSummary summary = run(arguments[0], Path.of(arguments[1]), Path.of(arguments[2]), 200);
    System.out.printf("%.3f bits per byte%n", summary.validationBitsPerByte());
  }

  static TrainSummary run(String deviceName, Path text, Path out, int steps) {
    LanguageModelConfig model =
        LanguageModelConfig.builder()
            .width(64)
            .hidden(128)
            .feedForward(FeedForwardKind.GEGLU)
            .build();
    TrainConfig config =
        TrainConfig.builder()
            .model(model)
            .precision(Precision.BF16)
            .data(text)
            .steps(steps)
            .warmupSteps(steps / 10)
            .out(out)
            .build();
    Devices.Choice choice = Devices.open(deviceName, DeviceOptions.defaults());
    try (var device = choice.device()) {
      CheckOptions gradients =
          new CheckOptions(Optional.of("gated_ffn"), Optional.of(DType.BF16), Optional.empty());
      CheckReport report = Checks.run(device, gradients, result -> {});
      if (report.failed() > 0) {
        throw new IllegalStateException(report.failed() + " gradients are wrong");
      }
      return new Trainer(config, choice, new TrainListener() {}).run();
    }
  }
}
