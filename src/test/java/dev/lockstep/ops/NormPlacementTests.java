package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import dev.lockstep.device.Device;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Rows;
import dev.lockstep.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Norms' operands may lie anywhere. LayerNorm where the parameter is true, RMSNorm where not. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class NormPlacementTests {
  private static final List<DType> TYPES = OpTests.TYPES;

  private OpBench bench;

  abstract Device open();

  @BeforeAll
  void openDevice() {
    bench = new OpBench(open());
  }

  @AfterAll
  void closeDevice() {
    bench.close();
  }

  private Map<String, GuardedMemory.Output> run(NormProblem problem) {
    return NormTrapTests.run(bench, problem, 0);
  }

  private void check(NormProblem problem) {
    problem.check(run(problem.solve()));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void rowsMayLieApartWithAnythingBetweenThem(boolean layer) {
    for (int[] shape : new int[][] {{5, 64, 72}, {3, 1128, 1136}, {4, 64, 65}, {3, 33, 40}}) {
      for (DType dtype : TYPES) {
        NormProblem problem = new NormProblem(layer, shape[0], shape[1], dtype);
        problem.pitch = shape[2];
        check(problem);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anExpandedGradientIsOneRowRepeated(boolean layer) {
    for (int cols : new int[] {64, 67, 2048}) {
      NormProblem problem = new NormProblem(layer, 9, cols, DType.BF16);
      problem.expanded = true;
      check(problem);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void columnsOfOneTensorAreNormalisedIntoOthersOfIt(boolean layer) {
    NormProblem problem = new NormProblem(layer, 4, 64, DType.BF16).plain().solve();
    try (GuardedMemory memory = new GuardedMemory(bench.device, bench.stream, 0)) {
      double[] both = new double[4 * 128];
      for (int i = 0; i < problem.x.length; i++) {
        both[i / 64 * 128 + i % 64] = problem.x[i];
      }
      Rows all = Rows.of(memory.updated("both", DType.BF16, both, 4, 128));
      problem.forward(bench, memory, all.columns(0, 64), all.columns(64, 64), all, null);
      GuardedMemory.Output output = OpTests.output(memory.finish(), "both");
      for (int row = 0; row < 4; row++) {
        for (int i = 0; i < 64; i++) {
          assertThat(output.values()[row * 128 + i]).isEqualTo(problem.x[row * 64 + i]);
          assertThat(output.values()[row * 128 + 64 + i])
              .isCloseTo(problem.y[row * 64 + i], offset(0.1));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void everyAddressATypeAllowsWillDo(boolean layer) {
    for (DType dtype : TYPES) {
      NormProblem problem = new NormProblem(layer, 3, 48, dtype).solve();
      for (int shift = 0; shift < 16 / dtype.byteSize(); shift++) {
        problem.check(NormTrapTests.run(bench, problem, shift));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void outputsMayBeWrittenOverInputs(boolean layer) {
    for (int cols : new int[] {64, 65, 2048}) {
      for (DType dtype : TYPES) {
        NormProblem problem = new NormProblem(layer, 5, cols, dtype).solve();
        Map<String, GuardedMemory.Output> apart = run(problem);
        for (boolean yIsX : new boolean[] {true, false}) {
          assertThat(overwriting(problem, yIsX, true)).isEqualTo(NormTrapTests.bytes(apart, "y"));
          assertThat(overwriting(problem, yIsX, false))
              .isEqualTo(NormTrapTests.bytes(apart, "sum"));
        }
        for (int over = 0; over < 3; over++) {
          assertThat(gradientOver(problem, over))
              .as("over %d", over)
              .isEqualTo(NormTrapTests.bytes(apart, "dX"));
        }
      }
    }
  }

  /** y over x and sum over the residual, or the other way round; the bytes of y or of the sum. */
  private byte[] overwriting(NormProblem problem, boolean yIsX, boolean wantY) {
    try (GuardedMemory memory = new GuardedMemory(bench.device, bench.stream, 0)) {
      Rows x = over(problem, memory, "x", problem.x);
      Rows residual = over(problem, memory, "residual", problem.addend);
      problem.forward(bench, memory, x, yIsX ? x : residual, residual, yIsX ? residual : x);
      return NormTrapTests.bytes(memory.finish(), wantY == yIsX ? "x" : "residual");
    }
  }

  /** dX over dY, dSum or s. */
  private byte[] gradientOver(NormProblem problem, int which) {
    try (GuardedMemory memory = new GuardedMemory(bench.device, bench.stream, 0)) {
      Rows x = problem.input(memory, problem.xType, problem.x);
      Rows residual = problem.input(memory, problem.xType, problem.addend);
      Rows y = problem.output(memory, "y", problem.yType);
      problem.forward(
          bench, memory, x, y, residual, problem.output(memory, "sum", problem.sumType));
      Rows[] inputs = {
        over(problem, memory, "dY", problem.dY),
        over(problem, memory, "dSum", problem.dSum),
        over(problem, memory, "s", problem.s)
      };
      problem.backward(bench, memory, inputs[which], inputs[0], inputs[1], inputs[2]);
      return NormTrapTests.bytes(memory.finish(), List.of("dY", "dSum", "s").get(which));
    }
  }

  private static Rows over(
      NormProblem problem, GuardedMemory memory, String name, double[] values) {
    return Rows.of(memory.updated(name, problem.xType, values, problem.rows, problem.cols));
  }

  /** Where rows do not fill a block's slots, threads without one must neither write nor wait. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void rowsThatDoNotFillABlockWriteNothingBeyondTheLast(boolean layer) {
    for (int cols : new int[] {16, 264, 1024, 1032}) {
      for (int rows : new int[] {1, 2, 3, 5, 7, 9}) {
        check(new NormProblem(layer, rows, cols, DType.BF16));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void leadingAxesAreRows(boolean layer) {
    try (GuardedMemory memory = new GuardedMemory(bench.device, bench.stream, 0)) {
      NormProblem problem = new NormProblem(layer, 6, 40, DType.F32).plain().solve();
      Tensor x = memory.input(DType.F32, problem.x, 2, 3, 40);
      Tensor y = memory.output("y", DType.F32, 3, 2, 40);
      problem.forward(bench, memory, Rows.of(x), Rows.of(y), Rows.of(x), null);
      NormProblem.compare(memory.finish(), "y", problem.y, 1e-5);
    }
  }
}
