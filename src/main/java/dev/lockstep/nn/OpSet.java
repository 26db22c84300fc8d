package dev.lockstep.nn;

import dev.lockstep.device.Stream;
import dev.lockstep.ops.Activations;
import dev.lockstep.ops.Dropout;
import dev.lockstep.ops.Embedding;
import dev.lockstep.ops.Fill;
import dev.lockstep.ops.FusedLinear;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.ops.LayerNorm;
import dev.lockstep.ops.LinearCrossEntropy;
import dev.lockstep.ops.MatrixEngine;
import dev.lockstep.ops.MatrixPrecision;
import dev.lockstep.ops.RmsNorm;
import dev.lockstep.ops.SoftmaxCrossEntropy;
import dev.lockstep.ops.SwiGlu;

/**
 * The ops layers are made of, each once. Ops keep the parameter block of the launch they prepare: a
 * set belongs to one thread.
 */
public record OpSet(
    KernelLibrary library,
    FusedLinear linear,
    Activations activations,
    SwiGlu swiGlu,
    RmsNorm rmsNorm,
    LayerNorm layerNorm,
    SoftmaxCrossEntropy crossEntropy,
    LinearCrossEntropy linearCrossEntropy,
    Embedding embedding,
    Dropout dropout,
    Fill fill,
    MatrixEngine engine) {
  /** Makes ready for a stream what must not be made while work on it is captured for a graph. */
  public void prepare(Stream stream) {
    if (engine == MatrixEngine.LIBRARY) {
      stream.prepare(library.products());
    }
  }

  /** The ops of a library; f32 matrices multiply in {@link MatrixPrecision#FP32}. */
  public static OpSet of(KernelLibrary library) {
    return of(library, MatrixPrecision.FP32);
  }

  /** The ops of a library, and how their f32 matrices multiply. */
  public static OpSet of(KernelLibrary library, MatrixPrecision precision) {
    return of(library, precision, MatrixEngine.OWN);
  }

  /**
   * The ops of a library, how their f32 matrices multiply, and who multiplies.
   *
   * @throws IllegalArgumentException when the device has no such engine
   */
  public static OpSet of(KernelLibrary library, MatrixPrecision precision, MatrixEngine engine) {
    FusedLinear linear = new FusedLinear(library, precision, engine);
    SoftmaxCrossEntropy crossEntropy = new SoftmaxCrossEntropy(library);
    return new OpSet(
        library,
        linear,
        new Activations(library),
        new SwiGlu(library, precision, engine),
        new RmsNorm(library),
        new LayerNorm(library),
        crossEntropy,
        new LinearCrossEntropy(linear, crossEntropy),
        new Embedding(library),
        new Dropout(library),
        new Fill(library),
        engine);
  }
}
