package dev.lockstep.check.run;

import java.util.List;

/**
 * What a run left behind.
 *
 * @param kernel the entry point
 * @param outputs the output buffers as they were when the kernel had ended, in argument order
 * @param seconds from launch to end
 */
public record RunResult(String kernel, List<Output> outputs, double seconds) {
  public RunResult {
    outputs = List.copyOf(outputs);
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
