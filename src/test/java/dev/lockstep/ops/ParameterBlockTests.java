package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.RecordingDevice.Launched;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.GlobalNorm.NormType;
import dev.lockstep.ops.GlobalNorm.Options;
import dev.lockstep.ops.SoftmaxCrossEntropy.Outputs;
import dev.lockstep.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The ops and the compiled kernels agree on what there is and how many parameters it takes. */
class ParameterBlockTests {
  private static final int M = 3;
  private static final int N = 5;
  private static final int K = 7;

  @Test
  void everyPackagedKernelIsLaunchedWithAllItsParameters() throws IOException {
    Map<String, Integer> launched = new TreeMap<>();
    try (OpFixture fixture = new OpFixture()) {
      for (DType dtype : new DType[] {DType.F32, DType.F16, DType.BF16}) {
        launchMatrixOps(fixture, dtype);
        launchRowOps(fixture, dtype);
        launchElementwiseOps(fixture, dtype);
        launchParameterOps(fixture, dtype);
      }
      for (Launched launch : fixture.recorded().launches()) {
        launched.put(launch.kernel(), launch.arguments().length);
      }
    }
    Map<String, Integer> packaged = packagedParameterBytes();
    assertThat(new TreeSet<>(launched.keySet())).isEqualTo(packaged.keySet());
    assertThat(launched).isEqualTo(packaged);
  }

  private static void launchMatrixOps(OpFixture f, DType dtype) {
    for (MatrixPrecision precision : MatrixPrecision.values()) {
      for (GemmTile tile : GemmTile.values()) {
        if (tile.takes(dtype, precision)) {
          launchLinear(f, new FusedLinear(f.library, precision, tile), dtype);
        }
      }
    }
    Tensor x = f.tensor(dtype, M, K);
    Tensor y = f.tensor(dtype, M, N);
    Tensor out = f.tensor(dtype, M, N);
    Tensor weight = f.tensor(dtype, N, K);
    f.linear.backwardBias(f.stream, f.f32(N), y);
    Activation silu = Activation.SILU;
    for (MatrixPrecision precision : MatrixPrecision.values()) {
      for (GatedTile tile : GatedTile.values()) {
        if (tile.takes(dtype, precision)) {
          new SwiGlu(f.library, precision, tile)
              .forward(f.stream, out, null, null, x, weight, weight, null, null, silu);
        }
      }
    }
    f.swiGlu.gluForward(f.stream, out, y, y, silu);
    f.swiGlu.gluBackward(f.stream, out, f.tensor(dtype, M, N), y, y, y, silu);
    f.activations.forward(f.stream, out, y, silu);
    f.activations.backward(f.stream, out, y, y, silu);
    new BiasActivation(f.library).forward(f.stream, out, null, y, null, null, silu, 0, null);
  }

  private static void launchLinear(OpFixture f, FusedLinear linear, DType dtype) {
    Tensor x = f.tensor(dtype, M, K);
    Tensor y = f.tensor(dtype, M, N);
    Tensor out = f.tensor(dtype, M, N);
    Tensor weight = f.tensor(dtype, N, K);
    linear.forward(f.stream, out, null, x, weight, null, null, Activation.NONE);
    linear.backwardInput(f.stream, f.tensor(dtype, M, K), y, weight);
    linear.backwardWeight(f.stream, f.f32(N, K), y, x);
    Tensor many = f.tensor(dtype, 2048, N);
    linear.backwardWeight(f.stream, f.f32(N, K), many, f.tensor(dtype, 2048, K), f.f32(4, N, K));
  }

  private static void launchRowOps(OpFixture f, DType dtype) {
    Tensor x = f.tensor(dtype, M, N);
    Tensor out = f.tensor(dtype, M, N);
    Tensor ids = f.i32(M);
    Tensor mean = f.f32(M);
    Tensor rstd = f.f32(M);
    Tensor one = f.f32(1);
    launchCrossEntropy(f, x, f.tensor(dtype, M, 8), ids, one);
    launchNorms(f, x, dtype);
    launchNorms(f, f.tensor(dtype, M, 8), dtype);
    launchNorms(f, f.tensor(dtype, M, 8), dtype == DType.F32 ? DType.F16 : DType.F32);
    f.embedding.forward(f.stream, out, x, ids, f.status);
    Tensor many = f.tensor(dtype, 65, N); // more than a chunk, so that there are chunks to combine
    Tensor words = f.f32(Embedding.workspaceBytes(x.shape(), 65) / 4);
    f.embedding.backward(f.stream, f.f32(M, N), words, many, f.i32(65), f.status);
  }

  private static void launchCrossEntropy(
      OpFixture f, Tensor logits, Tensor ofWholeVectors, Tensor ids, Tensor one) {
    SoftmaxCrossEntropy.Options options = SoftmaxCrossEntropy.Options.defaults();
    SoftmaxCrossEntropy op = f.crossEntropy;
    Outputs losses = Outputs.of(f.f32(M));
    Outputs all = losses.withPredictions(f.i32(M));
    op.fused(f.stream, losses, logits, ids, null, one, null, options, f.status);
    op.fused(f.stream, losses, ofWholeVectors, ids, null, one, null, options, f.status);
    op.fused(f.stream, all, ofWholeVectors, ids, null, one, null, options, f.status);
    op.scale(f.stream, f.f32(1), ids, null, one, options);
    op.reduce(f.stream, f.f32(1), f.f32(M), ids, null, options, true);
    op.accuracy(f.stream, f.f32(1), ids, f.i32(M), options);
  }

  private static void launchNorms(OpFixture f, Tensor x, DType weightType) {
    long cols = x.shape().cols();
    Tensor out = f.tensor(x.dtype(), M, cols);
    Tensor weight = f.tensor(weightType, cols);
    Tensor mean = f.f32(M);
    Tensor rstd = f.f32(M);
    Tensor space = f.f32(2, 1, cols);
    NormForward forward = NormForward.of(out, x, 1e-5f).weight(weight);
    NormBackward backward =
        NormBackward.of(out, x, x, rstd).weight(weight).gradients(f.f32(cols), null, space);
    f.layerNorm.forward(f.stream, forward.statistics(mean, rstd));
    f.layerNorm.backward(f.stream, backward.mean(mean));
    f.rmsNorm.forward(f.stream, forward.statistics(null, rstd));
    f.rmsNorm.backward(f.stream, backward);
  }

  private static void launchElementwiseOps(OpFixture f, DType dtype) {
    Tensor x = f.tensor(dtype, M, N);
    Tensor out = f.tensor(dtype, M, N);
    Tensor one = f.f32(1);
    f.softmax.forward(f.stream, out, x, false);
    f.softmax.backward(f.stream, out, x, x, false);
    f.dropout.forward(f.stream, out, x, null, f.dropoutState, 0, 0.5f);
    f.dropout.backward(f.stream, out, x, f.dropoutState, 0, 0.5f);
    f.dropoutState.advance(f.stream, 1);
    Tensor other = f.tensor(dtype, M, N);
    f.bceWithLogits.reduced(f.stream, one, out, f.f32(1), x, other, null, null, null, true);
    f.meanSquaredError.reduced(f.stream, one, out, null, f.f32(1), x, other, null, true);
  }

  private static void launchParameterOps(OpFixture f, DType dtype) {
    Tensor copy = f.tensor(dtype, N);
    SgdKernel.Settings momentum = new SgdKernel.Settings(0.9f, 0, true);
    for (AdamKernel.Decay decay : AdamKernel.Decay.values()) {
      AdamKernel.Settings settings = new AdamKernel.Settings(0.9f, 0.99f, 1e-8f, decay);
      f.adam.step(f.stream, f.parameters(copy, 2), settings, f.state);
    }
    f.sgd.step(f.stream, f.parameters(copy, 1), momentum, f.state);
    f.sgd.step(f.stream, f.parameters(copy, 0), new SgdKernel.Settings(0, 0, false), f.state);
    f.lossScaling.update(f.stream, f.state, new LossScaling.Rules(2, 0.5f, 9, 1, 1024));
    TensorTable table = f.table(copy);
    Tensor workspace = f.tensor(DType.F64, 1);
    f.globalNorm.compute(f.stream, f.state, table, workspace, Options.clipTo(1));
    f.globalNorm.tensorNorms(f.stream, f.f32(1), f.state, table, workspace, NormType.L2);
    f.clipping.byValue(f.stream, table, 1);
    f.scaling.scale(f.stream, copy, f.f32(1));
    f.scaling.unscale(f.stream, copy, f.f32(1));
    f.fill.fill(f.stream, copy, 1);
    for (DType from : new DType[] {DType.F32, DType.F16, DType.BF16}) {
      if (from != dtype) {
        f.cast.cast(f.stream, copy, f.tensor(from, N));
      }
    }
  }

  private static Map<String, Integer> packagedParameterBytes() throws IOException {
    Map<String, Integer> bytes = new TreeMap<>();
    try (InputStream index =
        KernelLibrary.class.getResourceAsStream("/dev/lockstep/kernels/kernels.json")) {
      for (JsonNode image : JsonMapper.shared().readTree(index).required("images")) {
        for (JsonNode entry : image.required("entries")) {
          bytes.put(entry.required("name").asString(), entry.required("parameterBytes").asInt());
        }
      }
    }
    return bytes;
  }
}
