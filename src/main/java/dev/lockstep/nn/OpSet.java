package dev.lockstep.nn;

import dev.lockstep.ops.Activations;
import dev.lockstep.ops.Embedding;
import dev.lockstep.ops.Fill;
import dev.lockstep.ops.FusedLinear;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.ops.LayerNorm;
import dev.lockstep.ops.LinearCrossEntropy;
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
    Fill fill) {
  /** The ops of a library; f32 matrices multiply in {@link MatrixPrecision#FP32}. */
  public static OpSet of(KernelLibrary library) {
    return of(library, MatrixPrecision.FP32);
  }

  /** The ops of a library, and how their f32 matrices multiply. */
  public static OpSet of(KernelLibrary library, MatrixPrecision precision) {
    FusedLinear linear = new FusedLinear(library, precision);
    SoftmaxCrossEntropy crossEntropy = new SoftmaxCrossEntropy(library);
    return new OpSet(
        library,
        linear,
        new Activations(library),
        new SwiGlu(library, precision),
        new RmsNorm(library),
        new LayerNorm(library),
        crossEntropy,
        new LinearCrossEntropy(linear, crossEntropy),
        new Embedding(library),
        new Fill(library));
  }
}
