// What changes from one training step to the next, kept in device memory so that kernel parameters
// stay the same for every step.
#pragma once

#include "storage.cuh"

namespace lockstep {

struct alignas(16) StepState {
  float learningRate;     // written by the host before each step
  float lossScale;        // the loss, so every gradient, is multiplied by it; by the host or
                          // loss_scale_update
  int step;               // steps applied so far, counted by optimizer_prepare
  int skipped;            // steps skipped for non-finite gradients, counted by optimizer_prepare
  float norm;             // of the unscaled gradients, by global_norm_finish
  float clipFactor;       // min(1, maxNorm / (norm + 1e-6))
  float gradFactor;       // clipFactor / lossScale: what turns a stored gradient into the one used
  int nonFinite;          // 1 + the lowest tensor with a non-finite gradient, 0 if there is none
  float biasCorrection1;  // 1 - beta1^step, by optimizer_prepare
  float biasCorrection2;  // 1 - beta2^step
  float firstGain;        // 1 - beta1: in float, 1 - (float)beta1 has lost digits
  float secondGain;       // sqrt(1 - beta2)
  float stepSize;         // learningRate / biasCorrection1
  float rootCorrection;   // 1 / sqrt(biasCorrection2)
  int goodSteps;          // steps since the loss scale last changed, by loss_scale_update
  int skip;               // whether optimizers leave everything as it is, by global_norm_finish
};
static_assert(sizeof(StepState) == 64, "the host lays out the same 64 bytes");

}  // namespace lockstep
