package dev.lockstep.train;

import dev.lockstep.ops.MatrixEngine;
import dev.lockstep.optim.LossScaler;
import java.util.Map;

/**
 * In which numbers a run computes, and what it keeps of them.
 *
 * @param matmul who multiplies the matrices of linear layers
 * @param lossScaling when the loss is scaled
 * @param lossScaler how the scale starts and changes
 * @param recompute whether backward passes compute once more what lies inside a block, instead of
 *     keeping it: less memory, the same bits
 * @param graph whether a step is launched as one graph, where the device can capture work
 * @param headMemory bytes the logits of a pass may take; where those of all its rows take more,
 *     they are computed for some rows at a time
 */
public record ComputeConfig(
    Precision precision,
    MatrixEngine matmul,
    LossScalingMode lossScaling,
    LossScaler.Config lossScaler,
    boolean recompute,
    boolean graph,
    long headMemory) {
  /** Whether the loss is scaled before its backward pass. */
  public boolean scalesLoss() {
    return lossScaling.scales(precision);
  }

  void describe(Map<String, String> knobs) {
    knobs.put("precision", precision.label());
    knobs.put("matmul", matmul.label());
    knobs.put("lossScaling", lossScaling.label());
    knobs.put("lossScale", Double.toString(lossScaler.initial()));
    knobs.put("lossScaleGrowth", Double.toString(lossScaler.growth()));
    knobs.put("lossScaleBackoff", Double.toString(lossScaler.backoff()));
    knobs.put("lossScaleInterval", Integer.toString(lossScaler.interval()));
    knobs.put("recompute", Boolean.toString(recompute));
    knobs.put("graph", Boolean.toString(graph));
    knobs.put("headMemory", Long.toString(headMemory));
  }
}
