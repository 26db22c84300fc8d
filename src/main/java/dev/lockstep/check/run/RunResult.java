package dev.lockstep.check.run;

import dev.lockstep.device.LaunchCounts;
import java.util.List;
import java.util.Optional;

/**
 * What a run left behind.
 *
 * @param kernel the entry point
 * @param outputs the output buffers as they were when the kernel had ended, in argument order
 * @param seconds from launch to end
 * @param counts what was counted, when that was asked for
 */
public record RunResult(
    String kernel, List<Output> outputs, double seconds, Optional<LaunchCounts> counts) {
  public RunResult {
    outputs = List.copyOf(outputs);
  }

  RunResult with(LaunchCounts counted) {
    return new RunResult(kernel, outputs, seconds, Optional.of(counted));
  }

  /**
   * A buffer the kernel wrote.
   *
   * @param argument which argument it was, from 0
   * @param parameter its name in the PTX
   */
  public record Output(
      int argument, String parameter, Argument.Direction direction, Elements elements) {}

  /**
   * The output buffer that was argument number {@code argument}.
   *
   * @throws IllegalArgumentException when that was none
   */
  public Elements elements(int argument) {
    return outputs.stream()
        .filter(output -> output.argument() == argument)
        .map(Output::elements)
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("argument " + argument + " is no output buffer"));
  }
}
