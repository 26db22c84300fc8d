package dev.lockstep.ops;

import dev.lockstep.device.Device;
import dev.lockstep.device.Stream;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A device with all ops on it; closes both. */
class OpBench implements AutoCloseable {
  final Device device;
  final KernelLibrary library;
  final Stream stream;
  final FusedLinear linear;
  private final FusedLinear tf32;
  private final FusedLinear tf32x3;
  final Activations activations;
  final BiasActivation biasActivation;
  final SwiGlu swiGlu;
  final SoftmaxCrossEntropy crossEntropy;
  final LinearCrossEntropy linearCrossEntropy;
  final LayerNorm layerNorm;
  final RmsNorm rmsNorm;
  final Embedding embedding;
  final GlobalNorm globalNorm;
  final GradientScaling scaling;
  final GradientClipping clipping;
  final AdamKernel adam;
  final SgdKernel sgd;
  final LossScaling lossScaling;
  final Cast cast;
  final Fill fill;
  final Softmax softmax;
  final Dropout dropout;
  final BceWithLogits bceWithLogits;
  final MeanSquaredError meanSquaredError;
  private final Map<GemmTile, FusedLinear> inTiles = new EnumMap<>(GemmTile.class);

  OpBench(Device device) {
    this.device = device;
    library = new KernelLibrary(device);
    stream = device.newStream();
    linear = new FusedLinear(library);
    tf32 = new FusedLinear(library, MatrixPrecision.TF32);
    tf32x3 = new FusedLinear(library, MatrixPrecision.TF32X3);
    activations = new Activations(library);
    biasActivation = new BiasActivation(library);
    swiGlu = new SwiGlu(library);
    crossEntropy = new SoftmaxCrossEntropy(library);
    linearCrossEntropy = new LinearCrossEntropy(linear, crossEntropy);
    layerNorm = new LayerNorm(library);
    rmsNorm = new RmsNorm(library);
    embedding = new Embedding(library);
    globalNorm = new GlobalNorm(library);
    scaling = new GradientScaling(library);
    clipping = new GradientClipping(library);
    adam = new AdamKernel(library);
    sgd = new SgdKernel(library);
    lossScaling = new LossScaling(library);
    cast = new Cast(library);
    fill = new Fill(library);
    softmax = new Softmax(library);
    dropout = new Dropout(library);
    bceWithLogits = new BceWithLogits(library);
    meanSquaredError = new MeanSquaredError(library);
  }

  /** Linear layers in tiles of one size, whatever their shape; null leaves the choice to it. */
  FusedLinear linearIn(@Nullable GemmTile tile) {
    return tile == null
        ? linear
        : inTiles.computeIfAbsent(tile, one -> new FusedLinear(library, MatrixPrecision.FP32, one));
  }

  SwiGlu swiGlu(MatrixPrecision precision) {
    return new SwiGlu(library, precision);
  }

  FusedLinear linear(MatrixPrecision precision) {
    return switch (precision) {
      case FP32 -> linear;
      case TF32X3 -> tf32x3;
      case TF32 -> tf32;
    };
  }

  @Override
  public void close() {
    stream.close();
    library.close();
    device.close();
  }
}
