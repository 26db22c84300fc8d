package dev.lockstep.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.cuda.standin.CallLog;
import dev.lockstep.cuda.standin.OnStandIn;
import dev.lockstep.cuda.standin.StandInDriver;
import dev.lockstep.device.Device;
import dev.lockstep.device.FusedMatrixLibrary;
import dev.lockstep.device.FusedProducts;
import dev.lockstep.device.MatrixProduct;
import dev.lockstep.device.Stream;
import dev.lockstep.device.TestDevices;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;
import jcuda.jcublas.cublasStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Products with bias and GELU by cublasLt: row after row as ours are, and failures with names. */
@OnStandIn
class CublasLtOnCudaTests {
  private static final int ROWS = 3;
  private static final int COLS = 8;
  private static final int DEPTH = 5;

  private final CallLog calls = StandInDriver.get().calls();
  private final Device device = StandInDriver.open();
  private final Stream stream = device.newStream();
  private final FusedMatrixLibrary library =
      device.capability(FusedMatrixLibrary.class).orElseThrow();
  private final FusedProducts products = library.open();
  private final List<Tensor> tensors = new ArrayList<>();
  private final Random random = new Random(1);

  @BeforeEach
  void reset() {
    calls.reset();
  }

  @AfterEach
  void close() {
    calls.reset();
    tensors.forEach(tensor -> tensor.buffer().close());
    products.close();
    stream.close();
    device.close();
  }

  private Tensor tensor(DType dtype, long... extents) {
    Shape shape = Shape.of(extents);
    Tensor tensor = Tensor.view(device.allocate(Tensor.bytes(dtype, shape)), 0, dtype, shape);
    tensors.add(tensor);
    tensor.copyFrom(
        stream,
        DoubleStream.generate(() -> dtype.round(random.nextGaussian()))
            .limit(shape.count())
            .toArray());
    return tensor;
  }

  /** Both transposes of both operands, with and without z, twice as plans are kept. */
  @ParameterizedTest
  @CsvSource({
    "F32, false, true, true",
    "F32, true, false, true",
    "F32, false, false, false",
    "BF16, true, true, true",
    "F16, false, true, false",
  })
  void multipliesAddsAndActivates(DType dtype, boolean turnA, boolean turnB, boolean keep) {
    Tensor a = turnA ? tensor(dtype, DEPTH, ROWS) : tensor(dtype, ROWS, DEPTH);
    Tensor b = turnB ? tensor(dtype, COLS, DEPTH) : tensor(dtype, DEPTH, COLS);
    Tensor bias = tensor(dtype, COLS);
    Tensor z = tensor(dtype, ROWS, COLS);
    Tensor c = tensor(dtype, ROWS, COLS);
    double[] before = z.toDoubles(stream);
    MatrixProduct product =
        new MatrixProduct(dtype, dtype, false, ROWS, COLS, DEPTH, turnA, turnB, false);
    for (int time = 0; time < 2; time++) {
      stream.biasGelu(
          products,
          product,
          a.address(),
          b.address(),
          bias.address(),
          keep ? z.address() : 0,
          c.address());
    }
    assertThat(calls.count("cublasLtMatmulAlgoGetHeuristic")).isEqualTo(1);
    double[] left = a.toDoubles(stream);
    double[] right = b.toDoubles(stream);
    double[] offsets = bias.toDoubles(stream);
    double[] kept = z.toDoubles(stream);
    double[] out = c.toDoubles(stream);
    for (int row = 0; row < ROWS; row++) {
      for (int col = 0; col < COLS; col++) {
        double sum = offsets[col];
        for (int i = 0; i < DEPTH; i++) {
          sum +=
              left[turnA ? i * ROWS + row : row * DEPTH + i]
                  * right[turnB ? col * DEPTH + i : i * COLS + col];
        }
        int at = row * COLS + col;
        double gelu =
            sum / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (sum + 0.044715 * sum * sum * sum)));
        double unit = 2 * dtype.unitRoundoff();
        assertThat(out[at]).isCloseTo(gelu, within(unit * Math.abs(gelu) + 1e-7));
        assertThat(kept[at])
            .isCloseTo(keep ? sum : before[at], within(unit * Math.abs(sum) + 1e-7));
      }
    }
  }

  private void multiply(MatrixProduct product) {
    long at = tensor(DType.F32, 64).address();
    stream.biasGelu(products, product, at, at, at, at, at);
  }

  private static MatrixProduct product(int cols, boolean accumulate) {
    return new MatrixProduct(DType.F32, DType.F32, false, 1, cols, 1, false, false, accumulate);
  }

  @Test
  void whatItCannotDoIsRefused() {
    assertThatThrownBy(() -> multiply(product(7, false)))
        .hasMessageStartingWith("cols 7 must be a multiple of 8");
    assertThatThrownBy(() -> multiply(product(8, true)))
        .isInstanceOf(IllegalArgumentException.class);
    products.close();
    assertThatThrownBy(() -> multiply(product(8, false))).hasMessage("cublasLt is closed");
  }

  @Test
  void aStatusHasAName() {
    calls.fail("cublasLtMatmulAlgoGetHeuristic", cublasStatus.CUBLAS_STATUS_NOT_SUPPORTED);
    assertThatThrownBy(() -> multiply(product(8, false)))
        .hasMessageStartingWith(
            "cublasLtMatmulAlgoGetHeuristic failed with 15: CUBLAS_STATUS_NOT_SUPPORTED");
  }

  @Test
  void whatCannotBeOpenedLeavesNothingBehind() {
    int handles = StandInDriver.get().handles();
    long bytes = StandInDriver.get().allocatedBytes();
    calls.fail("cublasLtCreate", cublasStatus.CUBLAS_STATUS_NOT_INITIALIZED);
    assertThatThrownBy(library::open)
        .hasMessage("cublasLtCreate failed with 1: CUBLAS_STATUS_NOT_INITIALIZED");
    assertThat(StandInDriver.get().handles()).isEqualTo(handles);
    assertThat(StandInDriver.get().allocatedBytes()).isEqualTo(bytes);
  }

  @Test
  void itSaysWhatItIsAndTheSimulatorHasNone() {
    assertThat(library.name()).isEqualTo("cublasLt");
    assertThat(library.availability().reason())
        .startsWith("cublasLt 12.6.4 (stand-in), ")
        .endsWith("libcublasLt.so.12");
    assertThat(
            CublasLtCalls.probe(new NativeLibrary.Missing("it is not there"))
                .availability()
                .reason())
        .isEqualTo("it is not there");
    try (Device simulator = TestDevices.simulator()) {
      assertThat(simulator.capability(FusedMatrixLibrary.class)).isEmpty();
    }
  }
}
