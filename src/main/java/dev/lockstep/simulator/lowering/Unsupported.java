package dev.lockstep.simulator.lowering;

/** An instruction no decoder knows; becomes a fault with its place. */
final class Unsupported extends RuntimeException {
  Unsupported(String reason) {
    super(reason, null, false, false);
  }
}
