package dev.lockstep.cli;

import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What kernels and all around them cost: one command for each kind. */
@Command(
    name = "bench",
    description = {
      "Measures kernels, a training step, a launch and the simulator itself.",
      "Of kernels, on the simulator, what they move and execute, counted; on a GPU the time"
          + " they take."
    },
    subcommands = {
      BenchRowsCommand.class,
      BenchMatmulCommand.class,
      BenchStepCommand.class,
      BenchLaunchCommand.class,
      BenchSimulatorCommand.class,
      BenchAllCommand.class,
      BenchCompareCommand.class
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Examples:",
      "  lockstep bench rows --device sim    count what every row kernel moves",
      "  lockstep bench matmul --device sim    count what accompanies matrix products",
      "  lockstep bench step    where the time of a training step goes",
      "  lockstep bench launch    what launching a kernel costs",
      "  lockstep bench simulator    how fast the simulator is on this machine",
      "  lockstep bench all --out results/    all of these",
      "  lockstep bench compare before.json after.json    say what got worse",
      "  lockstep bench rows --help    the options of that"
    })
final class BenchCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  /** Without a kind there is nothing to do but say which there are. */
  @Override
  public Integer call() {
    CommandLine self = Objects.requireNonNull(spec, "set by picocli").commandLine();
    self.usage(self.getErr());
    return Lockstep.USAGE;
  }
}
