// What changes from one training step to the next, kept in device memory so that kernel parameters
// stay the same for every step.
#pragma once

namespace lockstep {

struct StepState {
  float learningRate;     // written by the host before each step
  float lossScale;        // written by the host: the loss, so every gradient, is multiplied by it
  int step;               // steps applied so far, counted by adamw_prepare
  int skipped;            // steps skipped for non-finite gradients, counted by adamw_prepare
  float norm;             // of the unscaled gradients, by global_norm_finish
  float clipFactor;       // min(1, maxNorm / (norm + 1e-6))
  float gradFactor;       // clipFactor / lossScale: what turns a stored gradient into the one used
  int nonFinite;          // 1 + the lowest tensor with a non-finite gradient, 0 if there is none
  float biasCorrection1;  // 1 - beta1^step, by adamw_prepare
  float biasCorrection2;  // 1 - beta2^step
  float oneMinusBeta1;    // 1 - beta1: in float, 1 - (float)beta1 has lost digits
  float oneMinusBeta2;
  int unused[4];
};
static_assert(sizeof(StepState) == 64, "the host lays out the same 64 bytes");

}  // namespace lockstep
