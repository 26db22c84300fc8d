package dev.lockstep.check.run;

import dev.lockstep.device.Dim3;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * One launch of a suite and what is to come of it. A case that expects nothing must load and run.
 *
 * @param file PTX, or CUDA C++ for nvcc
 * @param entry the kernel; empty takes the only one
 * @param cluster blocks that run together; empty leaves that to the kernel
 * @param fault simple name of the {@link dev.lockstep.device.DeviceFault} that must stop it
 */
public record SuiteCase(
    String name,
    Path file,
    Optional<String> entry,
    Dim3 grid,
    Dim3 block,
    int sharedBytes,
    Optional<Dim3> cluster,
    List<Expected> arguments,
    List<ExpectedVariable> variables,
    Optional<String> fault,
    CaseOptions options) {
  public SuiteCase {
    arguments = List.copyOf(arguments);
    variables = List.copyOf(variables);
  }

  /** An argument and, for some buffers, what it must hold afterwards. */
  public record Expected(Argument argument, Optional<Expectation> expectation) {}

  /** A variable of the module and, for some, what it must hold afterwards. */
  public record ExpectedVariable(Setting setting, Optional<Expectation> expectation) {}
}
