package dev.lockstep.check;

import dev.lockstep.device.Device;
import dev.lockstep.device.Stream;
import dev.lockstep.ops.Activations;
import dev.lockstep.ops.AdamKernel;
import dev.lockstep.ops.BceWithLogits;
import dev.lockstep.ops.BiasActivation;
import dev.lockstep.ops.Cast;
import dev.lockstep.ops.Dropout;
import dev.lockstep.ops.Embedding;
import dev.lockstep.ops.Fill;
import dev.lockstep.ops.FusedLinear;
import dev.lockstep.ops.GlobalNorm;
import dev.lockstep.ops.GradientClipping;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.ops.LayerNorm;
import dev.lockstep.ops.LinearCrossEntropy;
import dev.lockstep.ops.MatrixPrecision;
import dev.lockstep.ops.MeanSquaredError;
import dev.lockstep.ops.RmsNorm;
import dev.lockstep.ops.SgdKernel;
import dev.lockstep.ops.Softmax;
import dev.lockstep.ops.SoftmaxCrossEntropy;
import dev.lockstep.ops.SwiGlu;

/** A device with all our ops ready on it. */
final class Bench implements AutoCloseable {
  final Device device;
  final KernelLibrary library;
  final Stream stream;
  final FusedLinear linear;
  final FusedLinear tf32Linear;
  final SwiGlu swiGlu;
  final Activations activations;
  final BiasActivation biasActivation;
  final SoftmaxCrossEntropy crossEntropy;
  final LinearCrossEntropy linearCrossEntropy;
  final LayerNorm layerNorm;
  final RmsNorm rmsNorm;
  final Embedding embedding;
  final GlobalNorm globalNorm;
  final GradientClipping clipping;
  final AdamKernel adam;
  final SgdKernel sgd;
  final Cast cast;
  final Fill fill;
  final Softmax softmax;
  final Dropout dropout;
  final BceWithLogits bceWithLogits;
  final MeanSquaredError meanSquaredError;

  /** The device stays the caller's, who closes it. */
  Bench(Device device) {
    this.device = device;
    library = new KernelLibrary(device);
    linear = new FusedLinear(library);
    tf32Linear = new FusedLinear(library, MatrixPrecision.TF32);
    swiGlu = new SwiGlu(library);
    activations = new Activations(library);
    biasActivation = new BiasActivation(library);
    crossEntropy = new SoftmaxCrossEntropy(library);
    linearCrossEntropy = new LinearCrossEntropy(linear, crossEntropy);
    layerNorm = new LayerNorm(library);
    rmsNorm = new RmsNorm(library);
    embedding = new Embedding(library);
    globalNorm = new GlobalNorm(library);
    clipping = new GradientClipping(library);
    adam = new AdamKernel(library);
    sgd = new SgdKernel(library);
    cast = new Cast(library);
    fill = new Fill(library);
    softmax = new Softmax(library);
    dropout = new Dropout(library);
    bceWithLogits = new BceWithLogits(library);
    meanSquaredError = new MeanSquaredError(library);
    stream = device.newStream(); // Last: what fails before it leaves nothing open.
  }

  @Override
  public void close() {
    stream.close();
    library.close();
  }
}
