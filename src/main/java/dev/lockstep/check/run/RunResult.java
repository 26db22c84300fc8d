package dev.lockstep.check.run;

import dev.lockstep.device.LaunchCounts;
import java.util.List;
import java.util.Optional;

/**
 * What a run left behind.
 *
 * @param kernel the entry point
 * @param outputs the output buffers as they were when the kernel had ended, in argument order
 * @param variables those variables of the module that were asked for, likewise
 * @param seconds from launch to end
 * @param counts what was counted, when that was asked for
 */
public record RunResult(
    String kernel,
    List<Output> outputs,
    List<Changed> variables,
    double seconds,
    Optional<LaunchCounts> counts) {
  public RunResult {
    outputs = List.copyOf(outputs);
    variables = List.copyOf(variables);
  }

  RunResult with(LaunchCounts counted) {
    return new RunResult(kernel, outputs, variables, seconds, Optional.of(counted));
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
   * A variable of the module that was asked for.
   *
   * @param name in the PTX
   * @param elements from its start on, as many as were asked for
   */
  public record Changed(String name, Argument.Direction direction, Elements elements) {}

  /**
   * What a variable held when the kernel had ended.
   *
   * @param name in the PTX
   * @throws IllegalArgumentException when it was not asked for
   */
  public Elements variable(String name) {
    return variables.stream()
        .filter(variable -> variable.name().equals(name))
        .map(Changed::elements)
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("variable " + name + " was not asked for"));
  }

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
