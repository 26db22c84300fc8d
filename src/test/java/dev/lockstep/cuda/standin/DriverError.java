package dev.lockstep.cuda.standin;

/** What a call answers instead of success. It goes no further than the call's gate. */
class DriverError extends RuntimeException {
  final int code;

  DriverError(int code) {
    super("code " + code, null, false, false);
    this.code = code;
  }

  /** A status of cuBLAS, whose numbers are its own. */
  static final class OfCublas extends DriverError {
    OfCublas(int status) {
      super(status);
    }
  }
}
