package dev.lockstep.cli;

import dev.lockstep.profile.bench.ProductSuite;
import dev.lockstep.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Measures the kernels that multiply matrices. */
@Command(
    name = "matmul",
    description = {
      "Measures matrix kernels, tile by tile, and what fusing them saves.",
      "The passes of a linear layer in every tile of the result that a block can compute,"
          + " gated layers,",
      "and layers fused with their activation beside the same work by several kernels. On a"
          + " device that",
      "counts (the simulator) it counts instructions and the sectors of global memory they"
          + " request; on",
      "a GPU it takes the time."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    footer = {
      "",
      BenchMatmulCommand.COLUMNS,
      "",
      BenchRun.TIMED,
      "",
      "Limits hold where tiles cover the result exactly and rows begin at a sector, those of",
      "instructions for tiles from 128x128 on, sums of at least 1024 and no activation. Exit code"
          + " 1",
      "when one is missed, or a fusion saves less than the tensors it need not move.",
      "",
      "Examples:",
      "  lockstep bench matmul --device sim --json matmul.json",
      "  lockstep bench matmul --device sim --kernel linear --tile 128x128",
      "  lockstep bench matmul --device sim --dtype f16 --shape 256x512x512,200x300x1000",
      "  lockstep bench matmul --list"
    })
final class BenchMatmulCommand implements Callable<Integer> {
  /** Of the table of a device that counts. */
  static final String COLUMNS =
      """
      Columns: fewest, the bytes of all operands and results once; in tiles, with operands once for
      every row or column of tiles; ratio, sectors of 32 bytes requested to those the bytes in tiles
      fill, and the limit it is held to; per mma, instructions by warps for each of a tensor core (of
      PTX; the machine's differ a little); in loop, those of the main loop alone; tensor, share of
      floating-point operations on tensor cores; conflicts, of shared-memory banks; regs and spilled,
      registers of a thread and bytes of those that did not fit; shared, bytes of a block; warps,
      resident on a multiprocessor of that architecture.\
      """;

  private static final Pattern SHAPE = Pattern.compile("-?\\d+x-?\\d+x-?\\d+");

  @Mixin private final BenchRun run = new BenchRun();

  @Option(
      names = "--shape",
      paramLabel = "MxNxK",
      split = ",",
      description =
          "rows, outputs (units of a gated layer) and inputs, one shape after another (default:"
              + " 1024x1024x1024)")
  private List<String> shapes = new ArrayList<>();

  @Option(
      names = "--tile",
      paramLabel = "RxC",
      split = ",",
      description = "only kernels with this tile of the result; may be repeated (default: all)")
  private List<String> tiles = new ArrayList<>();

  @Option(
      names = "--peak",
      paramLabel = "MxNxK",
      description =
          "on a GPU, the product whose rate the others are a share of, by its library if there is"
              + " one"
              + TrainCommand.DEFAULT)
  private String peak = "8192x8192x8192";

  @Override
  public Integer call() {
    ProductSuite suite =
        UserError.judging(() -> ProductSuite.of(run.type(), shapes()).only(run.kernels(), tiles));
    return run.run(
        "Matrix kernels",
        COLUMNS,
        suite.cases(),
        suite.fusions(),
        Optional.of(shape("--peak", peak)));
  }

  private List<Shape> shapes() {
    return shapes.isEmpty()
        ? List.of(ProductSuite.DEFAULT_SHAPE)
        : shapes.stream().map(text -> shape("--shape", text)).toList();
  }

  private static Shape shape(String option, String text) {
    if (!SHAPE.matcher(text).matches()) {
      throw new UserError(
          option + " " + text + " must be MxNxK, three whole numbers, for example 1024x1024x1024");
    }
    try {
      long[] extents = Stream.of(text.split("x")).mapToLong(Long::parseLong).toArray();
      for (long extent : extents) {
        if (extent < 1) {
          throw new UserError(option + " " + text + ": every extent must be at least 1");
        }
      }
      return Shape.of(extents);
    } catch (IllegalArgumentException e) {
      throw new UserError(option + " " + text + " has more than 2^63-1 products", e);
    }
  }
}
