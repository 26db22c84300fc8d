package dev.lockstep.cli;

import dev.lockstep.profile.bench.BenchCase;
import dev.lockstep.profile.bench.RowCases;
import dev.lockstep.profile.bench.Sizes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Measures the kernels that go over rows or elements once. */
@Command(
    name = "rows",
    description = {
      "Measures kernels bound by memory: norms, losses, gates, optimizers and others.",
      "On a device that counts (the simulator) it counts the sectors of global memory they"
          + " request,",
      "against the fewest that hold what has to move; on a GPU it takes the time."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    footer = {
      "",
      BenchRowsCommand.COLUMNS,
      "",
      BenchRun.TIMED,
      "",
      "Limits hold where rows begin at a sector, for norms with at least 16384 rows; kernels held"
          + " to",
      "one may have no bank conflicts either. Exit code 1 when either is missed or a register is",
      "spilled.",
      "",
      "Examples:",
      "  lockstep bench rows --device sim --json rows.json",
      "  lockstep bench rows --device sim --gpu h100 --kernel rmsnorm --kernel gate",
      "  lockstep bench rows --kernel cross_entropy --dtype f32 --rows 64 --cols 50257,50304",
      "  lockstep bench rows --list"
    })
final class BenchRowsCommand implements Callable<Integer> {
  /** Of the table of a device that counts. */
  static final String COLUMNS =
      """
      Columns: fewest, the bytes that have to move (of a row of cross-entropy too long for shared
      memory three times its own: one that is kept on chip all the same shows as 0.67); ratio, sectors
      of 32 bytes requested to those the fewest bytes fill, and the limit it is held to; instr,
      instructions by threads for each element (of PTX; the machine's differ a little); conflicts, of
      shared-memory banks; regs and spilled, registers of a thread and bytes of those that did not
      fit; occupancy, resident warps; memory us and issue us, what bytes and instructions take on that
      GPU at least: the larger is a lower bound of the time.\
      """;

  @Mixin private final BenchRun run = new BenchRun();

  @Option(
      names = "--rows",
      paramLabel = "N",
      description = "rows, or tensors for the optimizers (default: the kernel's own)")
  private @Nullable Long rows;

  @Option(
      names = "--cols",
      paramLabel = "N",
      split = ",",
      description = "columns, vocabularies or elements of a tensor (default: the kernel's own)")
  private List<Long> cols = new ArrayList<>();

  @Override
  public Integer call() {
    List<BenchCase> cases =
        UserError.judging(() -> RowCases.of(run.kernels(), run.type(), sizes()));
    return run.run("Row kernels", COLUMNS, cases, List.of(), Optional.empty());
  }

  private Sizes sizes() {
    if (rows != null) {
      BenchRun.requirePositive("--rows", rows);
    }
    cols.forEach(number -> BenchRun.requirePositive("--cols", number));
    return new Sizes(rows == null ? OptionalLong.empty() : OptionalLong.of(rows), cols);
  }
}
