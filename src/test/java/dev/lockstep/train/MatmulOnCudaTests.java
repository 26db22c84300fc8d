package dev.lockstep.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.cuda.standin.CallLog;
import dev.lockstep.cuda.standin.OnStandIn;
import dev.lockstep.cuda.standin.StandInDriver;
import dev.lockstep.device.Device;
import dev.lockstep.device.Devices;
import dev.lockstep.device.ForwardingStream;
import dev.lockstep.device.Kernel;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.Launch;
import dev.lockstep.device.MatrixProduct;
import dev.lockstep.device.MatrixProducts;
import dev.lockstep.device.Stream;
import dev.lockstep.device.TestDevices;
import dev.lockstep.nn.FeedForwardKind;
import dev.lockstep.nn.LanguageModelConfig;
import dev.lockstep.ops.MatrixEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Training with cuBLAS: every product is its own, and the losses are those of our own kernels. */
@OnStandIn
class MatmulOnCudaTests {
  private static final int STEPS = 3;
  private static final double LEARNING_RATE = 1e-2;

  @TempDir Path folder;

  private final CallLog calls = StandInDriver.get().calls();
  private final Set<String> launched = new HashSet<>();
  private Path text = Path.of("text");

  @BeforeEach
  void text() throws IOException {
    calls.reset(); // other classes call the same driver
    text =
        Files.writeString(folder.resolve("text"), "pack my box with five dozen jugs. ".repeat(9));
  }

  @AfterEach
  void forget() {
    calls.reset();
  }

  private TrainSummary run(
      Device opened, Precision precision, FeedForwardKind kind, MatrixEngine engine) {
    TrainConfig config =
        TrainConfig.builder()
            .model(
                LanguageModelConfig.builder()
                    .context(4)
                    .embedding(8)
                    .width(24)
                    .hidden(40)
                    .blocks(1)
                    .feedForward(kind)
                    .feedForwardBias(true)
                    .build())
            .precision(precision)
            .matmul(engine)
            .batch(8)
            .steps(STEPS)
            .warmupSteps(1)
            .learningRate(LEARNING_RATE)
            .data(text)
            .out(folder.resolve("out"))
            .overwrite(true)
            .sampleLength(2)
            .build();
    try (Device device = opened) {
      return new Trainer(
              config,
              new Devices.Choice(device, "for a test"),
              new TrainListener() {},
              Watched::new)
          .run();
    }
  }

  /** Writes down what is queued. */
  private final class Watched extends ForwardingStream {
    Watched(Stream stream) {
      super(stream);
    }

    @Override
    public void launch(Kernel kernel, Launch launch, KernelArgs args) {
      launched.add(kernel.name());
      super.launch(kernel, launch, args);
    }

    @Override
    public void multiply(MatrixProducts library, MatrixProduct product, long a, long b, long c) {
      launched.add("(library)");
      super.multiply(library, product, a, b, c);
    }
  }

  /**
   * Losses of about 5.5 nats; seen were 5e-7 and 4e-3. In fp32 sums differ in their order alone:
   * some units of 2⁻²⁴ in each, which Adam turns into a step of up to the learning rate where a
   * gradient is next to nothing. In bf16 products are rounded once more, by up to 2⁻⁸ of each.
   */
  @ParameterizedTest
  @Tag("sweep")
  @CsvSource({
    "FP32, GELU, 1e-5",
    "FP32, SWIGLU, 1e-5",
    "TF32, SWIGLU, 1e-5",
    "BF16, GELU, 1e-2",
  })
  void theLossesAreThoseOfOurOwnKernels(
      Precision precision, FeedForwardKind kind, double tolerance) {
    compare(precision, kind, tolerance);
  }

  /** And no product is left to our own kernels. */
  @Test
  void theLossesOfTheDefaultModelToo() {
    compare(Precision.BF16, FeedForwardKind.SWIGLU, 1e-2);
    assertThat(launched)
        .contains("bias_activation_forward_bf16", "(library)")
        .noneMatch(
            name -> name.matches("(linear_(forward|backward_input|backward_weight)|swiglu).*"));
  }

  private void compare(Precision precision, FeedForwardKind kind, double tolerance) {
    List<Double> own = run(StandInDriver.open(), precision, kind, MatrixEngine.OWN).losses();
    assertThat(calls.count("cublasGemmEx")).isZero();
    launched.clear();
    List<Double> library =
        run(StandInDriver.open(), precision, kind, MatrixEngine.LIBRARY).losses();
    assertThat(calls.count("cublasGemmEx")).isGreaterThan(STEPS * 8L);
    assertThat(calls.count("cublasCreate_v2")).isEqualTo(calls.count("cublasDestroy_v2"));
    assertThat(library).hasSameSizeAs(own);
    for (int i = 0; i < own.size(); i++) {
      assertThat(library.get(i)).as("step %d", i + 1).isCloseTo(own.get(i), within(tolerance));
    }
    assertThat(own.getLast()).as("it learns").isLessThan(own.getFirst());
  }

  @Test
  void aDeviceWithoutCublasIsRefusedBeforeAnythingIsRead() {
    assertThatThrownBy(
            () ->
                run(
                    TestDevices.simulator(),
                    Precision.FP32,
                    FeedForwardKind.SWIGLU,
                    MatrixEngine.LIBRARY))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "matmul cublas: the device sim has no cuBLAS; leave it out to multiply with our own"
                + " kernels");
    assertThat(folder.resolve("out")).doesNotExist();
  }
}
