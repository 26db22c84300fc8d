package dev.lockstep.train;

import dev.lockstep.device.DeviceInfo;

/**
 * What is known when a run starts.
 *
 * @param deviceReason why this device was taken
 * @param parameters trainable parameters of the model
 * @param flopsPerStep floating-point operations of the matrix products of one step
 * @param recomputedFlopsPerStep operations among those of a step that are done once more
 * @param activationBytes device memory of the activations of a pass
 * @param source what is trained on
 * @param trainingSize bytes of text or images to train on
 * @param heldOutSize bytes or images held out
 * @param firstStep steps done before, in the run that is continued; 0 for a new one
 */
public record RunInfo(
    TrainConfig config,
    DeviceInfo device,
    String deviceReason,
    long parameters,
    long flopsPerStep,
    long recomputedFlopsPerStep,
    long activationBytes,
    String source,
    long trainingSize,
    long heldOutSize,
    int firstStep) {}
