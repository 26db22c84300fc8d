package dev.lockstep.cuda.standin;

import jcuda.jcublas.cublasMath;
import jcuda.jcublas.cublasPointerMode;

/** A cuBLAS handle: of one context, with the settings that stay from call to call. */
final class StandInCublas {
  final StandInContext context;
  volatile long stream;
  volatile int pointerMode = cublasPointerMode.CUBLAS_POINTER_MODE_HOST;
  volatile int mathMode = cublasMath.CUBLAS_DEFAULT_MATH;

  StandInCublas(StandInContext context) {
    this.context = context;
  }
}
