package dev.lockstep.profile.bench;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.LayerNorm;
import dev.lockstep.ops.NormBackward;
import dev.lockstep.ops.NormForward;
import dev.lockstep.ops.RmsNorm;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.List;

/**
 * LayerNorm and RMSNorm. Forward moves x and y, with a residual x, residual, sum and y; backward
 * dY, x and dX, with a residual dSum as well. Weights, statistics and partial sums are what the
 * limits leave room for.
 */
final class NormCases {
  private static final float EPSILON = 1e-5f;
  private static final long ROWS = 16_384;
  private static final long[] COLS = {1024, 4096, 8192};

  private static final double FORWARD_LIMIT = 1.10;
  private static final double BACKWARD_LIMIT = 1.15;

  private NormCases() {}

  static void add(List<BenchCase> cases, DType dtype, Sizes sizes) {
    add(cases, "layernorm", dtype, sizes, NormCases::layerForward, NormCases::layerBackward);
    add(cases, "rmsnorm", dtype, sizes, NormCases::rmsForward, NormCases::rmsBackward);
  }

  private interface Norm {
    BenchCase.Plan plan(DType dtype, Shape shape, boolean residual);
  }

  private static void add(
      List<BenchCase> cases, String kernel, DType dtype, Sizes sizes, Norm forward, Norm backward) {
    for (Shape shape : sizes.or(ROWS, COLS)) {
      for (boolean residual : new boolean[] {false, true}) {
        String suffix = residual ? "+residual" : "";
        int more = residual ? 2 : 0;
        cases.add(
            row(
                kernel,
                "forward" + suffix,
                dtype,
                shape,
                2 + more,
                FORWARD_LIMIT,
                forward.plan(dtype, shape, residual)));
      }
      for (boolean residual : new boolean[] {false, true}) {
        String suffix = residual ? "+residual" : "";
        int more = residual ? 1 : 0;
        cases.add(
            row(
                kernel,
                "backward" + suffix,
                dtype,
                shape,
                3 + more,
                BACKWARD_LIMIT,
                backward.plan(dtype, shape, residual)));
      }
    }
  }

  private static BenchCase row(
      String kernel,
      String pass,
      DType dtype,
      Shape shape,
      int tensors,
      double limit,
      BenchCase.Plan plan) {
    return new BenchCase(
        "norm",
        kernel,
        pass,
        dtype,
        shape,
        tensors * Tensor.bytes(dtype, shape),
        Limits.aligned(limit, dtype, shape, ROWS),
        plan);
  }

  private static BenchCase.Plan layerForward(DType dtype, Shape shape, boolean residual) {
    return (library, memory) -> {
      LayerNorm norm = new LayerNorm(library);
      Tensor y = memory.zeros(dtype, shape.extents());
      Tensor sum = residual ? memory.zeros(dtype, shape.extents()) : null;
      Tensor mean = memory.zeros(DType.F32, shape.rows());
      Tensor rstd = memory.zeros(DType.F32, shape.rows());
      Tensor x = memory.normal(dtype, shape.extents());
      Tensor added = residual ? memory.normal(dtype, shape.extents()) : null;
      Tensor weight = memory.normal(dtype, shape.cols());
      Tensor bias = memory.normal(dtype, shape.cols());
      NormForward call =
          NormForward.of(y, x, EPSILON)
              .residual(added, sum)
              .weight(weight)
              .bias(bias)
              .statistics(mean, rstd);
      return stream -> norm.forward(stream, call);
    };
  }

  private static BenchCase.Plan layerBackward(DType dtype, Shape shape, boolean residual) {
    return (library, memory) -> {
      LayerNorm norm = new LayerNorm(library);
      Tensor dX = memory.zeros(dtype, shape.extents());
      Tensor dWeight = memory.zeros(DType.F32, shape.cols());
      Tensor dBias = memory.zeros(DType.F32, shape.cols());
      Tensor workspace = memory.zeros(DType.F32, LayerNorm.workspaceShape(shape).extents());
      Tensor dY = memory.normal(dtype, shape.extents());
      Tensor dSum = residual ? memory.normal(dtype, shape.extents()) : null;
      Tensor x = memory.normal(dtype, shape.extents());
      Tensor weight = memory.normal(dtype, shape.cols());
      Tensor mean = memory.zeros(DType.F32, shape.rows());
      Tensor rstd = memory.normal(DType.F32, shape.rows());
      NormBackward call =
          NormBackward.of(dX, dY, x, rstd)
              .mean(mean)
              .weight(weight)
              .dSum(dSum)
              .gradients(dWeight, dBias, workspace);
      return stream -> norm.backward(stream, call);
    };
  }

  private static BenchCase.Plan rmsForward(DType dtype, Shape shape, boolean residual) {
    return (library, memory) -> {
      RmsNorm norm = new RmsNorm(library);
      Tensor y = memory.zeros(dtype, shape.extents());
      Tensor sum = residual ? memory.zeros(dtype, shape.extents()) : null;
      Tensor rstd = memory.zeros(DType.F32, shape.rows());
      Tensor x = memory.normal(dtype, shape.extents());
      Tensor added = residual ? memory.normal(dtype, shape.extents()) : null;
      Tensor weight = memory.normal(dtype, shape.cols());
      NormForward call =
          NormForward.of(y, x, EPSILON).residual(added, sum).weight(weight).statistics(null, rstd);
      return stream -> norm.forward(stream, call);
    };
  }

  private static BenchCase.Plan rmsBackward(DType dtype, Shape shape, boolean residual) {
    return (library, memory) -> {
      RmsNorm norm = new RmsNorm(library);
      Tensor dX = memory.zeros(dtype, shape.extents());
      Tensor dWeight = memory.zeros(DType.F32, shape.cols());
      Tensor workspace = memory.zeros(DType.F32, RmsNorm.workspaceShape(shape).extents());
      Tensor dY = memory.normal(dtype, shape.extents());
      Tensor dSum = residual ? memory.normal(dtype, shape.extents()) : null;
      Tensor x = memory.normal(dtype, shape.extents());
      Tensor weight = memory.normal(dtype, shape.cols());
      Tensor rstd = memory.normal(DType.F32, shape.rows());
      NormBackward call =
          NormBackward.of(dX, dY, x, rstd)
              .weight(weight)
              .dSum(dSum)
              .gradients(dWeight, null, workspace);
      return stream -> norm.backward(stream, call);
    };
  }
}
