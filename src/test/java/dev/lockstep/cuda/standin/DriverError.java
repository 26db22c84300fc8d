package dev.lockstep.cuda.standin;

/** What a call answers instead of success. It goes no further than the call's gate. */
final class DriverError extends RuntimeException {
  final int code;

  DriverError(int code) {
    super("code " + code, null, false, false);
    this.code = code;
  }
}
