package dev.lockstep.check;

/** A kernel did something wrong that is no wrong number: wrote where it must not. */
final class CheckFailure extends RuntimeException {
  CheckFailure(String message) {
    super(message);
  }
}
